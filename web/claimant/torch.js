/** @import { Publisher } from '../sdk/publisher.js' */

/** The light beside the camera, where there is one and the browser gives it away. */
export class Torch {
  #publisher;
  #redraw;
  /** Whether the camera in use has a light. */
  available = false;
  on = false;

  /**
   * @param {Publisher} publisher
   * @param {() => void} redraw  called when something changed
   */
  constructor(publisher, redraw) {
    this.#publisher = publisher;
    this.#redraw = redraw;
    publisher.addEventListener('status', () => this.look());
  }

  /** Looks at the camera in use: another one may have no light, and a new one begins dark. */
  look() {
    const track = this.#track;
    const { torch } = /** @type {{torch?: boolean}} */ (track?.getCapabilities?.() ?? {});
    const lit = /** @type {{torch?: boolean}} */ (track?.getSettings?.() ?? {}).torch === true;
    if (this.available === (torch === true) && this.on === lit) return;
    this.available = torch === true;
    this.on = lit;
    this.#redraw();
  }

  async toggle() {
    const torch = !this.on;
    const wish = { advanced: [/** @type {MediaTrackConstraintSet} */ ({ torch })] };
    await this.#track?.applyConstraints(wish).catch(() => {});
    this.look();
  }

  get #track() {
    return this.#publisher.media?.getVideoTracks()[0];
  }
}
