import { qualityOf } from './core/index.js';

/** @import { Quality, StreamStats } from './core/wire.js' */

/**
 * What <claimcall-player> and <claimcall-publisher> have in common: one picture, a status in one
 * word, how well the stream gets across, full screen and picture in picture.
 *
 * Events: `status` with the new one as `detail`; `quality` with `good`, `weak` or `bad`; `view` when
 * full screen or picture in picture begins or ends. Both words are in `data-status` and
 * `data-quality`, too, for style sheets.
 *
 * @template {string} Status
 */
export class MediaElement extends HTMLElement {
  #video = document.createElement('video');
  #status = /** @type {Status | 'stopped'} */ ('stopped');
  #quality = /** @type {Quality | null} */ (null);

  constructor() {
    super();
    this.#video.playsInline = true;
    const changed = () => this.dispatchEvent(new CustomEvent('view'));
    for (const name of ['enterpictureinpicture', 'leavepictureinpicture']) this.#video.addEventListener(name, changed);
    this.addEventListener('fullscreenchange', changed);
  }

  connectedCallback() {
    this.append(this.#video);
  }

  disconnectedCallback() {
    this.stop();
  }

  /** Lets go of everything. */
  stop() {
    this.report('stopped');
    this.#judge(null);
    this.setPictureInPicture(false).catch(() => {});
  }

  get status() {
    return this.#status;
  }

  /** The element that shows the picture, for snapshots and measurements. */
  get video() {
    return this.#video;
  }

  /** How well the stream got across when it was last measured; null if that is not known. */
  get quality() {
    return this.#quality;
  }

  /**
   * How well the stream got across since the last time this was asked; null if that is not known.
   * One caller only, every few seconds: others listen to `quality`.
   *
   * @returns {Promise<StreamStats | null>}
   */
  async measure() {
    const stats = await this.stats();
    this.#judge(stats && qualityOf(stats.level ?? 0));
    return stats;
  }

  get canFullScreen() {
    return document.fullscreenEnabled;
  }

  get fullScreen() {
    return document.fullscreenElement === this;
  }

  /** @param {boolean} on  from a click only */
  async setFullScreen(on) {
    if (on === this.fullScreen) return;
    if (on) await this.requestFullscreen();
    else await document.exitFullscreen();
  }

  get canPictureInPicture() {
    return document.pictureInPictureEnabled;
  }

  get pictureInPicture() {
    return document.pictureInPictureElement === this.#video;
  }

  /**
   * Fails while there is no picture yet.
   *
   * @param {boolean} on  from a click only
   */
  async setPictureInPicture(on) {
    if (on === this.pictureInPicture) return;
    if (on) await this.#video.requestPictureInPicture();
    else await document.exitPictureInPicture();
  }

  /**
   * For the elements: what `measure` gives.
   *
   * @returns {Promise<StreamStats | null>}
   */
  async stats() {
    return null;
  }

  /**
   * For the elements: tells a new status.
   *
   * @param {Status | 'stopped'} status
   */
  report(status) {
    if (status === this.#status) return;
    this.#status = status;
    this.dataset.status = status;
    this.dispatchEvent(new CustomEvent('status', { detail: status }));
  }

  /** @param {Quality | null} quality */
  #judge(quality) {
    if (quality === this.#quality) return;
    this.#quality = quality;
    if (quality) this.dataset.quality = quality;
    else delete this.dataset.quality;
    this.dispatchEvent(new CustomEvent('quality', { detail: quality }));
  }
}
