/** @import { Page } from 'playwright-core' */

/**
 * What happened on a page, each with the time at which it did, in milliseconds since 1970:
 * `peer publishing` when the hub told so, `picture r` when the left edge of the player's picture became red.
 *
 * @typedef {{at: number, what: string}} Moment
 */

/** Waits no longer than this for anything. */
const PATIENCE = { timeout: 40_000 };

/** Writes down what a page is told of the other side, and what it shows. */
export class Witness {
  /** @param {Page} page  before it was opened */
  constructor(page) {
    this.page = page;
  }

  /** @param {Page} page */
  static async on(page) {
    await page.addInitScript(writeDown);
    return new Witness(page);
  }

  /**
   * The first moment of that kind that comes after a time.
   *
   * @param {string} what
   * @param {number} [after]
   */
  async saw(what, after = 0) {
    const handle = await this.page.waitForFunction(([word, since]) => {
      const { moments } = /** @type {{moments: Moment[]}} */ (/** @type {unknown} */ (globalThis));
      return moments.find(({ at, what: seen }) => seen === word && at > Number(since))?.at;
    }, /** @type {const} */ ([what, after]), { ...PATIENCE, polling: 20 }).catch(async (error) => {
      throw new Error(`no "${what}" in ${JSON.stringify(await this.moments())}`, { cause: error });
    });
    return /** @type {number} */ (await handle.jsonValue());
  }

  /** @returns {Promise<Moment[]>} */
  moments() {
    return this.page.evaluate(() => /** @type {{moments: Moment[]}} */ (/** @type {unknown} */ (globalThis)).moments);
  }
}

/** Inside the page, before its own scripts. */
function writeDown() {
  /** @type {Moment[]} */
  const moments = [];
  Object.assign(globalThis, { moments });
  const note = (/** @type {string} */ what) => moments.push({ at: Date.now(), what });

  const Original = WebSocket;
  globalThis.WebSocket = class extends Original {
    /** @param {ConstructorParameters<typeof WebSocket>} args */
    constructor(...args) {
      super(...args);
      this.addEventListener('message', ({ data }) => {
        if (typeof data !== 'string') return;
        const frame = JSON.parse(data);
        if (frame.type === 'call.peer') note(`peer ${frame.data.link}`);
        if (frame.type === 'call.streams') note(`streams ${frame.data.streams.generation}`);
        if (frame.type === 'call.hangup') note(`hangup ${frame.data.reason}`);
      });
    }
  };

  const canvas = new OffscreenCanvas(8, 8);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
  let [shown, status] = ['', ''];
  setInterval(() => {
    const player = /** @type {HTMLElement | null} */ (document.querySelector('claimcall-player'));
    const video = player?.querySelector('video');
    if (player?.dataset.status && player.dataset.status !== status) note(`player ${status = player.dataset.status}`);
    if (!video || video.videoWidth === 0 || video.readyState < 2) return;
    context.drawImage(video, 0, 0, 8, 8);
    const [red, green, blue] = context.getImageData(0, 2, 1, 1).data; // inside the left column, in the upper half
    const colour = 'kbgcrmyw'[4 * Number(red > 96) + 2 * Number(green > 96) + Number(blue > 96)];
    if (colour !== shown) note(`picture ${shown = colour}`);
  }, 20);
}
