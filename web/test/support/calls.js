/** @import { CallView, Streams } from '../../sdk/core/wire.js' */

/**
 * A call as an adjuster sees it.
 *
 * @param {Partial<CallView>} [more]
 * @returns {CallView}
 */
export function aCall(more) {
  return {
    id: 'abcdefghijklmnopqrstuvwxyz',
    version: 1,
    state: 'ringing',
    claim_no: 'PA2026-0001',
    queue: 'default',
    media: 'video',
    created_at: '2026-11-22T08:00:00.000Z',
    you: 'adjuster',
    legs: {
      claimant: { user: 'zhang', name: '张先生', joined: false, link: 'up' },
      adjuster: { user: 'li', name: '李工', joined: false, link: 'up' },
    },
    ...more,
  };
}

/**
 * @param {number} generation
 * @returns {Streams}
 */
export function someStreams(generation) {
  return {
    provider: 'relay',
    generation,
    expires_at: '2026-11-22T09:00:00.000Z',
    push: [{ protocol: 'rtmp', url: `rtmp://hub.test/live/room-a-g${generation}` }],
    play: [{ protocol: 'ws-flv', url: `wss://hub.test/live/room-c-g${generation}.flv` }],
    profile: {
      mode: 'RTC',
      min_bitrate_kbps: 300,
      max_bitrate_kbps: 800,
      fps: 15,
      width: 360,
      height: 640,
      audio_quality: 'high',
      enable_agc: true,
      enable_ans: true,
      min_cache_ms: 200,
      max_cache_ms: 800,
    },
  };
}
