/** @import { StreamURL } from './wire.js' */

/**
 * <claimcall-flv>: plays one side of a call in a browser, over WebSocket-FLV or HTTP-FLV, as
 * close to live as it can. Needs mpegts.js, loaded beforehand as a classic script.
 *
 *   player.play(streams.play);   // picks what it can play, in the given order
 *   player.stop();
 *   player.addEventListener('status', ({ detail }) => ...);
 *
 * It keeps trying until `stop`: the other side may begin to publish later, or again.
 *
 * @typedef {'stopped' | 'loading' | 'playing' | 'muted' | 'stalled'} PlayerStatus
 *   `muted`: it plays, but the browser wants a click before it lets sound out; see `unmute`.
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

const PLAYABLE = new Set(['ws-flv', 'flv']);

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

/** Between two attempts. */
const RETRY_MS = 1_000;
/** How often progress is looked at, and how many looks without any mean a new attempt. */
const CHECK_MS = 1_000;
const PATIENCE = 5;
/** Farther behind than this, for instance after a hidden tab, it jumps instead of hurrying. */
const MAX_BEHIND_S = 3;

/** The library with its log off: it would print addresses, and with them signatures. */
function library() {
  const { mpegts } = /** @type {{mpegts: Library}} */ (/** @type {unknown} */ (globalThis));
  mpegts.LoggingControl.enableAll = false;
  return mpegts;
}

export class FlvPlayer extends HTMLElement {
  #video = document.createElement('video');
  /** @type {string[]} */
  #urls = [];
  #next = 0;
  /** @type {LibraryPlayer | null} */
  #player = null;
  #timer = 0;
  #position = 0;
  #still = 0;
  /** @type {PlayerStatus} */
  #status = 'stopped';

  constructor() {
    super();
    this.#video.playsInline = true;
    this.#video.addEventListener('playing', () => this.#report(this.#video.muted ? 'muted' : 'playing'));
  }

  connectedCallback() {
    this.append(this.#video);
  }

  disconnectedCallback() {
    this.stop();
  }

  /** @returns {PlayerStatus} */
  get status() {
    return this.#status;
  }

  /** The element that shows the picture, for snapshots and measurements. */
  get video() {
    return this.#video;
  }

  /**
   * Plays the first of `sources` that works; sources of other protocols are passed over.
   * Giving the same sources again changes nothing.
   *
   * @param {StreamURL[]} sources  in order of preference
   */
  play(sources) {
    const urls = sources.filter(({ protocol }) => PLAYABLE.has(protocol)).map(({ url }) => url);
    if (urls.join() === this.#urls.join()) return;
    this.#urls = urls;
    this.#next = 0;
    if (urls.length === 0) this.stop();
    else this.#load('loading');
  }

  stop() {
    this.#urls = [];
    this.#release();
    this.#report('stopped');
  }

  /** Lets the sound out; call it from a click. */
  unmute() {
    this.#video.muted = false;
    if (this.#status === 'muted') this.#report('playing');
  }

  /** @param {PlayerStatus} status  until it plays */
  #load(status) {
    this.#release();
    this.#report(status);
    const url = this.#urls[this.#next % this.#urls.length];
    const mpegts = library();
    const player = mpegts.createPlayer({ type: 'flv', isLive: true, url }, LIVE);
    this.#player = player;
    player.on(mpegts.Events.ERROR, () => this.#again(player));
    player.on(mpegts.Events.LOADING_COMPLETE, () => this.#again(player));
    player.attachMediaElement(this.#video);
    player.load();
    this.#start();
    this.#position = 0;
    this.#still = 0;
    this.#timer = setTimeout(() => this.#check(), CHECK_MS);
  }

  /** Browsers refuse sound before the first click on a page: then start without. */
  async #start() {
    try {
      await this.#video.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      this.#video.muted = true;
      await this.#video.play().catch(() => {});
    }
  }

  /**
   * The next source, after a pause. The player that failed may still be on the stack.
   *
   * @param {LibraryPlayer | null} player
   */
  #again(player) {
    if (player !== this.#player) return;
    this.#next += 1;
    clearTimeout(this.#timer);
    const status = this.#status === 'loading' ? 'loading' : 'stalled';
    this.#timer = setTimeout(() => this.#load(status), RETRY_MS);
  }

  #check() {
    const { currentTime, buffered } = this.#video;
    this.#still = currentTime === this.#position ? this.#still + 1 : 0;
    this.#position = currentTime;
    if (this.#still >= PATIENCE) {
      this.#again(this.#player);
      return;
    }
    if (this.#still > 1 && this.#status !== 'loading') this.#report('stalled');
    if (this.#still === 0 && this.#status === 'stalled') this.#report(this.#video.muted ? 'muted' : 'playing');
    const live = buffered.length > 0 ? buffered.end(buffered.length - 1) : 0;
    if (live - currentTime > MAX_BEHIND_S) this.#video.currentTime = live - LIVE.liveSyncMaxLatency;
    this.#timer = setTimeout(() => this.#check(), CHECK_MS);
  }

  #release() {
    clearTimeout(this.#timer);
    const player = this.#player;
    this.#player = null;
    player?.destroy();
  }

  /** @param {PlayerStatus} status */
  #report(status) {
    if (status === this.#status) return;
    this.#status = status;
    this.dataset.status = status;
    this.dispatchEvent(new CustomEvent('status', { detail: status }));
  }
}

customElements.define('claimcall-flv', FlvPlayer);
