/** @import { Streams, StreamURL } from '../sdk/core/wire.js' */

/** What WeChat's components can open, by protocol of the wire. */
const PUSHED = ['rtmp'];
const PLAYED = ['rtmp', 'flv'];

/** Recommended for calls where the profile says nothing; seconds. */
const MIN_CACHE_S = 0.2;
const MAX_CACHE_S = 0.8;

/**
 * The attributes of live-pusher.
 *
 * @param {Streams} streams
 */
export function pusherAttributes({ push, profile }) {
  return {
    url: addresses(push, PUSHED)[0] ?? '',
    mode: profile.mode,
    minBitrate: profile.min_bitrate_kbps,
    maxBitrate: profile.max_bitrate_kbps,
    fps: profile.fps,
    width: profile.width,
    height: profile.height,
    audioQuality: profile.audio_quality,
    agc: profile.enable_agc,
    ans: profile.enable_ans,
  };
}

/**
 * The attributes of live-player, with the address that is tried as number `attempt`; null if there are not so many.
 *
 * @param {Streams} streams
 * @param {number} attempt  from 0
 */
export function playerAttributes({ play, profile }, attempt) {
  const src = addresses(play, PLAYED)[attempt];
  if (!src) return null;
  return {
    src,
    mode: profile.mode === 'RTC' ? 'RTC' : 'live',
    minCache: seconds(profile.min_cache_ms) ?? MIN_CACHE_S,
    maxCache: seconds(profile.max_cache_ms) ?? MAX_CACHE_S,
  };
}

/**
 * The hub's order is kept: best first.
 *
 * @param {StreamURL[]} urls
 * @param {string[]} protocols
 */
function addresses(urls, protocols) {
  return urls.filter(({ protocol }) => protocols.includes(protocol)).map(({ url }) => url);
}

/** @param {number | undefined} ms */
function seconds(ms) {
  return ms === undefined ? undefined : ms / 1_000;
}
