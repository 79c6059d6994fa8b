import { MediaElement } from './element.js';
import { playFlv } from './play-flv.js';
import { playWebRTC } from './play-webrtc.js';

/** @import { StreamStats, StreamURL } from './core/wire.js' */

/**
 * <claimcall-player>: plays one side of a call in a browser, by WHEP, WebSocket-FLV or HTTP-FLV.
 * FLV needs mpegts.js, loaded beforehand as a classic script.
 *
 *   player.play(streams.play);   // the first that works, in the given order
 *   player.stop();
 *   player.muted = true;         // the person's own wish
 *   player.addEventListener('status', ({ detail }) => ...);
 *   player.addEventListener('firstframe', ({ detail: { ms, protocol } }) => ...);
 *   player.addEventListener('blocked', () => ...);   // offer a button that calls player.start()
 *   player.addEventListener('trouble', () => ...);
 *
 * It keeps trying until `stop`: the other side may begin to publish later, or again. `trouble`
 * says that every address has been tried twice without a picture or a sound; it comes once until
 * one plays or `play` gets others. `firstframe` measures from `play` to the first picture on the
 * screen, once for each set of addresses.
 *
 * @typedef {'stopped' | 'loading' | 'playing' | 'muted' | 'stalled'} PlayerStatus
 *   `muted`: it plays, but the browser wants a click before it lets sound out; see `start`.
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

/** @extends {MediaElement<PlayerStatus>} */
export class Player extends MediaElement {
  /** @type {StreamURL[]} */
  #sources = [];
  #attempt = 0;
  #failures = 0;
  /** @type {Playing | null} */
  #playing = null;
  /** Tells one attempt from the next. */
  #current = {};
  #timer = 0;
  #progress = 0;
  #still = 0;
  #muted = false;
  /** The browser lets no sound out. */
  #blocked = false;

  constructor() {
    super();
    this.video.addEventListener('playing', () => this.#plays());
  }

  /** The protocol of the address that is being played or tried; empty when stopped. */
  get protocol() {
    return this.#source?.protocol ?? '';
  }

  /** Whether the person wants no sound. */
  get muted() {
    return this.#muted;
  }

  set muted(on) {
    this.#muted = on;
    this.#applySound();
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
    if (playable.length === 0) {
      this.stop();
      return;
    }
    this.#load('loading');
    this.#time();
  }

  /** @override */
  stop() {
    this.#sources = [];
    this.#release();
    super.stop();
  }

  /** @override */
  async stats() {
    return this.status === 'loading' ? null : this.#playing?.measure() ?? null;
  }

  /** Lets picture and sound out that the browser held back; call it from a click. */
  start() {
    this.#blocked = false;
    this.#applySound();
    this.video.play().catch(() => {});
    if (this.status === 'muted') this.report('playing');
  }

  /** An older name of `start`. */
  unmute() {
    this.start();
  }

  /**
   * Plays the sound by another loudspeaker. Not every browser can.
   *
   * @param {string} deviceId  of navigator.mediaDevices.enumerateDevices; empty for the usual one
   */
  async useOutput(deviceId) {
    await this.video.setSinkId(deviceId);
  }

  get canUseOutput() {
    return 'setSinkId' in this.video;
  }

  /** The id of the loudspeaker in use; empty for the usual one. */
  get output() {
    return this.video.sinkId ?? '';
  }

  get #source() {
    return this.#sources[this.#attempt % this.#sources.length];
  }

  /** @param {PlayerStatus} status  until it plays */
  #load(status) {
    this.#release();
    this.report(status);
    const { protocol, url } = this.#source;
    const play = /** @type {typeof playFlv} */ (PLAYS.get(protocol));
    const attempt = {};
    this.dataset.protocol = protocol;
    this.#current = attempt;
    this.#playing = play(url, this.video, () => this.#fail(attempt));
    this.#start();
    this.#progress = 0;
    this.#still = 0;
    this.#timer = setTimeout(() => this.#check(attempt), CHECK_MS);
  }

  /** Browsers refuse sound before the first click on a page: then start without. Some refuse the picture as well. */
  async #start() {
    try {
      await this.video.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      const first = !this.#blocked;
      this.#blocked = true;
      this.#applySound();
      await this.video.play().catch(() => this.report('muted'));
      if (first) this.dispatchEvent(new CustomEvent('blocked'));
    }
  }

  #plays() {
    this.#failures = 0;
    this.report(this.#blocked ? 'muted' : 'playing');
  }

  /** Waits for the first picture of these addresses, however many attempts it takes. */
  #time() {
    const sources = this.#sources;
    const asked = performance.now();
    this.video.requestVideoFrameCallback?.(() => {
      if (sources !== this.#sources) return;
      const detail = { ms: performance.now() - asked, protocol: this.protocol };
      this.dispatchEvent(new CustomEvent('firstframe', { detail }));
    });
  }

  #applySound() {
    this.video.muted = this.#muted || this.#blocked;
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
    const status = this.status === 'loading' ? 'loading' : 'stalled';
    this.#timer = setTimeout(() => this.#load(status), RETRY_MS);
    if (this.#failures === ROUNDS * this.#sources.length) this.dispatchEvent(new CustomEvent('trouble'));
  }

  /** @param {object} attempt */
  async #check(attempt) {
    const progress = await this.#playing?.progress() ?? 0;
    if (attempt !== this.#current) return;
    this.#still = progress === this.#progress ? this.#still + 1 : 0;
    this.#progress = progress;
    if (this.video.paused) this.#start(); // phones pause what they show when the page is left
    if (this.#still >= PATIENCE) {
      this.#fail(attempt);
      return;
    }
    if (this.#still > 1 && this.status !== 'loading') this.report('stalled');
    if (this.#still === 0 && this.status === 'stalled') this.#plays();
    this.#timer = setTimeout(() => this.#check(attempt), CHECK_MS);
  }

  #release() {
    clearTimeout(this.#timer);
    this.#current = {};
    this.#playing?.stop();
    this.#playing = null;
  }
}

/** @param {StreamURL[]} sources */
function addresses(sources) {
  return sources.map(({ url }) => url).join();
}

customElements.define('claimcall-player', Player);
