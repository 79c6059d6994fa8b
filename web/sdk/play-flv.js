/** @import { StreamStats } from './core/wire.js' */
/** @import { Playing } from './player.js' */

/**
 * @typedef {object} Library  the parts of mpegts.js that we use
 * @property {(source: object, config: object) => LibraryPlayer} createPlayer
 * @property {{ERROR: string, LOADING_COMPLETE: string, STATISTICS_INFO: string}} Events
 * @property {{enableAll: boolean}} LoggingControl
 *
 * @typedef {object} LibraryPlayer
 * @property {(event: string, listener: (info: {speed: number}) => void) => void} on  `speed` is in KB/s
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
  const meter = new Meter(video);
  player.on(mpegts.Events.ERROR, onEnd);
  player.on(mpegts.Events.LOADING_COMPLETE, onEnd);
  player.on(mpegts.Events.STATISTICS_INFO, ({ speed }) => meter.takes(speed));
  player.attachMediaElement(video);
  player.load();
  return {
    async progress() {
      const { buffered, currentTime } = video;
      const live = buffered.length > 0 ? buffered.end(buffered.length - 1) : 0;
      if (live - currentTime > MAX_BEHIND_S) video.currentTime = live - LIVE.liveSyncMaxLatency;
      return currentTime;
    },
    measure: async () => meter.measure(),
    stop() {
      meter.stop();
      player.destroy();
    },
  };
}

/** Over TCP nothing is lost; what does not get across in time shows as waiting. */
class Meter {
  #video;
  #before = { frames: 0, time: 0, atMs: 0 };
  #kbps = 0;
  #waits = 0;
  #waited = () => {
    this.#waits += 1;
  };

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
    video.addEventListener('waiting', this.#waited);
  }

  /** @param {number} speed  in KB/s */
  takes(speed) {
    this.#kbps = Math.round(speed * 8);
  }

  /** @returns {StreamStats | null} */
  measure() {
    const now = {
      frames: this.#video.getVideoPlaybackQuality().totalVideoFrames,
      time: this.#video.currentTime,
      atMs: performance.now(),
    };
    const [before, waits] = [this.#before, this.#waits];
    this.#before = now;
    this.#waits = 0;
    if (before.time === 0) return null; // it had not begun
    const fps = Math.round(((now.frames - before.frames) * 1_000) / (now.atMs - before.atMs));
    return { video_kbps: this.#kbps, fps: Math.max(0, fps), level: now.time === before.time ? 6 : levelOf(waits) };
  }

  stop() {
    this.#video.removeEventListener('waiting', this.#waited);
  }
}

/** @param {number} waits  in some seconds */
function levelOf(waits) {
  if (waits === 0) return 1;
  return waits === 1 ? 3 : 5;
}

/** The library with its log off: it would print addresses, and with them signatures. */
function library() {
  const { mpegts } = /** @type {{mpegts: Library}} */ (/** @type {unknown} */ (globalThis));
  mpegts.LoggingControl.enableAll = false;
  return mpegts;
}
