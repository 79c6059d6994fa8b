import { BrowserParty } from './parties.js';
import { ADJUSTER, CLAIMANT, deviceFiles } from './scene.js';
import { launchBrowser } from './browser.js';

/** @import { Browser, Page } from 'playwright-core' */
/** @import { Server } from './server.js' */

/** Two browsers, one for each side, whose cameras and microphones play different scenes. */
export class Browsers {
  /** @param {{claimant: Browser, adjuster: Browser}} both */
  constructor(both) {
    this.both = both;
  }

  /** @param {string} folder  for the scenes */
  static async launch(folder) {
    const [claimant, adjuster] = await Promise.all([CLAIMANT, ADJUSTER].map((scene) => launchBrowser(deviceFiles(scene, folder))));
    return new Browsers({ claimant, adjuster });
  }

  async close() {
    await Promise.all([this.both.claimant.close(), this.both.adjuster.close()]);
  }
}

/**
 * @typedef {object} Way  how the two come to their pages
 * @property {string} [origin]  of the pages, if not the server's own
 * @property {string} [claimant]  token in the claimant's link; without one, the development sign-in
 * @property {string} [adjuster]
 * @property {(page: Page, side: 'claimant' | 'adjuster') => Promise<unknown>} [prepare]  before a page is opened
 */

/** A claimant and an adjuster at their pages. */
export class Pair {
  /**
   * @param {BrowserParty} claimant
   * @param {BrowserParty} adjuster
   */
  constructor(claimant, adjuster) {
    this.claimant = claimant;
    this.adjuster = adjuster;
  }

  /**
   * @param {Browsers} browsers
   * @param {Server} server
   * @param {Way} [way]
   */
  static async open({ both }, server, way = {}) {
    const at = /** @type {Server} */ ({ origin: way.origin ?? server.origin });
    const prepare = (/** @type {'claimant' | 'adjuster'} */ side) => async (/** @type {Page} */ page) => {
      page.setDefaultTimeout(60_000);
      await way.prepare?.(page, side);
    };
    const link = (/** @type {string | undefined} */ token) => (token ? `#token=${token}` : '');
    const adjuster = await BrowserParty.open(both.adjuster, at, `/console/${link(way.adjuster)}`, { prepare: prepare('adjuster') });
    const claimant = await BrowserParty.open(both.claimant, at, `/call/${link(way.claimant)}`, { prepare: prepare('claimant') });
    return new Pair(claimant, adjuster);
  }

  get pages() {
    return [this.claimant.page, this.adjuster.page];
  }

  /** @param {string} claim */
  async call(claim) {
    await this.adjuster.becomesAvailable();
    await this.claimant.calls(claim);
    await this.adjuster.accepts(claim);
    await this.meet();
  }

  /** Each sees and hears the other, by what comes in now. */
  async meet() {
    await Promise.all([this.claimant.meets(ADJUSTER), this.adjuster.meets(CLAIMANT)]);
    await Promise.all(this.pages.map(advances));
  }

  async end() {
    await Promise.all([this.claimant.ends(), this.adjuster.ends()]);
  }
}

/**
 * Waits for ten more frames: a last one that stays on the screen is no picture.
 *
 * @param {Page} page
 */
export async function advances(page) {
  const frames = () => /** @type {HTMLVideoElement} */ (document.querySelector('claimcall-player video')).getVideoPlaybackQuality().totalVideoFrames;
  const before = await page.evaluate(frames);
  await page.waitForFunction((n) => {
    const video = /** @type {HTMLVideoElement} */ (document.querySelector('claimcall-player video'));
    return video.getVideoPlaybackQuality().totalVideoFrames > n + 10;
  }, before);
}
