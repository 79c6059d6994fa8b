import { playFlv } from './play-flv.js';
import { playWebRTC } from './play-webrtc.js';

/** @import { StreamStats, StreamURL } from './core/wire.js' */

/**
 * <claimcall-player>: plays one side of a call in a browser, by WHEP, WebSocket-FLV or HTTP-FLV.
 * FLV needs mpegts.js, loaded beforehand as a classic script.
 *
 *   player.play(streams.play);   // the first that works, in the given order
 *   player.stop();
 *   player.addEventListener('status', ({ detail }) => ...);
 *   player.addEventListener('trouble', () => ...);
 *
 * It keeps trying until `stop`: the other side may begin to publish later, or again. `trouble`
 * says that every address has been tried twice without a picture or a sound; it comes once until
 * one plays or `play` gets others.
 *
 * @typedef {'stopped' | 'loading' | 'playing' | 'muted' | 'stalled'} PlayerStatus
 *   `muted`: it plays, but the browser wants a click before it lets sound out; see `unmute`.
 *
 * @typedef {object} Playing  one attempt to play
 * @property {() => Promise<number>} progress  grows while media arrives
 * @property {() => Promise<StreamStats | null>} measure  since the last time this was asked
 * @property {() => void} stop  frees everything
 */

/** How each protocol is played. */
const PLAYS = new Map([['whep', playWebRTC], ['ws-flv', playFlv], ['flv', playFlv]]);

/** Between two attempts. */
const RETRY_MS = 1_000;
/** How often progress is looked at, and how many looks without any mean a new attempt. */
const CHECK_MS = 1_000;
const PATIENCE = 5;
/** So many times is every address tried before there is trouble. */
const ROUNDS = 2;

export class Player extends HTMLElement {
  #video = document.createElement('video');
  /** @type {StreamURL[]} */
  #sources = [];
  #attempt = 0;
  #failures = 0;
  /** @type {Playing | null} */
  #playing = null;
  #timer = 0;
  #progress = 0;
  #still = 0;
  /** @type {PlayerStatus} */
  #status = 'stopped';

  constructor() {
    super();
    this.#video.playsInline = true;
    this.#video.addEventListener('playing', () => this.#plays());
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

  /** The protocol of the address that is being played or tried; empty when stopped. */
  get protocol() {
    return this.#source?.protocol ?? '';
  }

  /**
   * Plays the first of `sources` that works; sources of other protocols are passed over.
   * Giving the same sources again changes nothing.
   *
   * @param {StreamURL[]} sources  in order of preference
   */
  play(sources) {
    const playable = sources.filter(({ protocol }) => PLAYS.has(protocol));
    if (addresses(playable) === addresses(this.#sources)) return;
    this.#sources = playable;
    this.#attempt = 0;
    this.#failures = 0;
    if (playable.length === 0) this.stop();
    else this.#load('loading');
  }

  stop() {
    this.#sources = [];
    this.#release();
    this.#report('stopped');
  }

  /**
   * How well the stream got across since the last time this was asked; null if that is not known.
   *
   * @returns {Promise<StreamStats | null>}
   */
  async measure() {
    return this.#playing?.measure() ?? null;
  }

  /** Lets the sound out; call it from a click. */
  unmute() {
    this.#video.muted = false;
    if (this.#status === 'muted') this.#report('playing');
  }

  get #source() {
    return this.#sources[this.#attempt % this.#sources.length];
  }

  /** @param {PlayerStatus} status  until it plays */
  #load(status) {
    this.#release();
    this.#report(status);
    const { protocol, url } = this.#source;
    const play = /** @type {typeof playFlv} */ (PLAYS.get(protocol));
    const attempt = {};
    this.dataset.protocol = protocol;
    this.#current = attempt;
    this.#playing = play(url, this.#video, () => this.#fail(attempt));
    this.#start();
    this.#progress = 0;
    this.#still = 0;
    this.#timer = setTimeout(() => this.#check(attempt), CHECK_MS);
  }

  /** Tells one attempt from the next. */
  #current = {};

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

  #plays() {
    this.#failures = 0;
    this.#report(this.#video.muted ? 'muted' : 'playing');
  }

  /**
   * The next source, after a pause: what failed may still be on the stack.
   *
   * @param {object} attempt
   */
  #fail(attempt) {
    if (attempt !== this.#current) return;
    this.#current = {};
    this.#attempt += 1;
    this.#failures += 1;
    clearTimeout(this.#timer);
    const status = this.#status === 'loading' ? 'loading' : 'stalled';
    this.#timer = setTimeout(() => this.#load(status), RETRY_MS);
    if (this.#failures === ROUNDS * this.#sources.length) this.dispatchEvent(new CustomEvent('trouble'));
  }

  /** @param {object} attempt */
  async #check(attempt) {
    const progress = await this.#playing?.progress() ?? 0;
    if (attempt !== this.#current) return;
    this.#still = progress === this.#progress ? this.#still + 1 : 0;
    this.#progress = progress;
    if (this.#still >= PATIENCE) {
      this.#fail(attempt);
      return;
    }
    if (this.#still > 1 && this.#status !== 'loading') this.#report('stalled');
    if (this.#still === 0 && this.#status === 'stalled') this.#plays();
    this.#timer = setTimeout(() => this.#check(attempt), CHECK_MS);
  }

  #release() {
    clearTimeout(this.#timer);
    this.#current = {};
    this.#playing?.stop();
    this.#playing = null;
  }

  /** @param {PlayerStatus} status */
  #report(status) {
    if (status === this.#status) return;
    this.#status = status;
    this.dataset.status = status;
    this.dispatchEvent(new CustomEvent('status', { detail: status }));
  }
}

/** @param {StreamURL[]} sources */
function addresses(sources) {
  return sources.map(({ url }) => url).join();
}

customElements.define('claimcall-player', Player);
