/**
 * @import { Playing } from './player.js'
 *
 * @typedef {object} Library  the parts of mpegts.js that we use
 * @property {(source: object, config: object) => LibraryPlayer} createPlayer
 * @property {{ERROR: string, LOADING_COMPLETE: string}} Events
 * @property {{enableAll: boolean}} LoggingControl
 *
 * @typedef {object} LibraryPlayer
 * @property {(event: string, listener: () => void) => void} on
 * @property {(video: HTMLVideoElement) => void} attachMediaElement
 * @property {() => void} load
 * @property {() => void} destroy
 */

/** Measured best for delay; see mpegts.js for the meaning of each. */
const LIVE = {
  enableWorker: false,
  enableStashBuffer: false,
  lazyLoad: false,
  deferLoadAfterSourceOpen: false,
  autoCleanupSourceBuffer: true,
  liveSync: true,
  liveSyncTargetLatency: 0.2,
  liveSyncMaxLatency: 0.5,
};

/** Farther behind than this, for instance after a hidden tab, it jumps instead of hurrying. */
const MAX_BEHIND_S = 3;

/**
 * Plays FLV over a WebSocket or HTTP, as close to live as it can, by mpegts.js. The library must be
 * there already, loaded as a classic script.
 *
 * @param {string} url
 * @param {HTMLVideoElement} video
 * @param {() => void} onEnd  it ended or could not begin
 * @returns {Playing}
 */
export function playFlv(url, video, onEnd) {
  const mpegts = library();
  const player = mpegts.createPlayer({ type: 'flv', isLive: true, url }, LIVE);
  player.on(mpegts.Events.ERROR, onEnd);
  player.on(mpegts.Events.LOADING_COMPLETE, onEnd);
  player.attachMediaElement(video);
  player.load();
  return {
    async progress() {
      const { buffered, currentTime } = video;
      const live = buffered.length > 0 ? buffered.end(buffered.length - 1) : 0;
      if (live - currentTime > MAX_BEHIND_S) video.currentTime = live - LIVE.liveSyncMaxLatency;
      return currentTime;
    },
    measure: async () => null,
    stop: () => player.destroy(),
  };
}

/** The library with its log off: it would print addresses, and with them signatures. */
function library() {
  const { mpegts } = /** @type {{mpegts: Library}} */ (/** @type {unknown} */ (globalThis));
  mpegts.LoggingControl.enableAll = false;
  return mpegts;
}
