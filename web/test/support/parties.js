import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { requests } from './claimant.js';
import { LOOK, lookAtPlayer, pictureOf, sceneOf } from './scene.js';

/** @import { Browser, Page } from 'playwright-core' */
/** @import { Server } from './server.js' */
/** @import { Scene } from './scene.js' */

/** Between two looks at a picture. */
const LOOK_MS = 100;
/** A recording of so many bytes is long enough to be looked at. */
const ENOUGH = 120_000;

/**
 * One side of a call that a test plays.
 *
 * @typedef {object} Party
 * @property {(scene: Scene) => Promise<string[]>} meets  waits until the scene is seen and heard,
 *   and returns the codecs in which it came
 * @property {() => Promise<void>} ends
 */

/** Somebody at a page in Chromium, with a camera and a microphone that play a scene. */
export class BrowserParty {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
  }

  /**
   * @param {Browser} browser
   * @param {Server} server
   * @param {string} path
   * @param {{without?: string[], prepare?: (page: Page) => Promise<void>}} [options]  protocols that don't get through, and
   *   what is done before the page is opened
   */
  static async open(browser, server, path, { without = [], prepare } = {}) {
    const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
    const page = await context.newPage();
    await page.addInitScript(rememberConnections);
    await prepare?.(page);
    for (const protocol of without) await page.route(`**/${protocol}/**`, (route) => route.abort());
    await page.goto(server.origin + path);
    if (!path.includes('#token=')) await page.click('#signin-dev');
    return new BrowserParty(page);
  }

  async becomesAvailable() {
    await this.page.click('#start');
    await this.page.locator('#idle-title', { hasText: '等待来电' }).waitFor();
  }

  /** @param {string} claim */
  async calls(claim) {
    await requests(this.page, claim);
  }

  /** @param {string} claim */
  async accepts(claim) {
    await this.page.locator('#ringing-claim', { hasText: claim }).waitFor();
    await this.page.click('#accept');
  }

  /** The protocol by which the page plays now. */
  protocol() {
    return this.page.getAttribute('#player', 'data-protocol');
  }

  /** The generation of the streams that the page pushes now, as their address says. */
  async generation() {
    const address = await this.page.inputValue('#publish-push');
    return Number(address.match(/-g(\d+)\?/)?.[1]);
  }

  /**
   * Waits for streams of a later generation.
   *
   * @param {number} generation
   */
  async movesOn(generation) {
    await this.page.waitForFunction((old) => {
      const field = /** @type {HTMLTextAreaElement} */ (document.getElementById('publish-push'));
      return Number(field.value.match(/-g(\d+)\?/)?.[1]) > old;
    }, generation);
  }

  /** @param {Scene} scene */
  async meets(scene) {
    await this.sees(scene);
    return this.page.evaluate(receivedCodecs);
  }

  /**
   * Waits until the scene is seen and heard, on a page that need not have been opened here.
   *
   * @param {Scene} scene
   */
  async sees(scene) {
    let seen = '';
    let heard = 0;
    await this.page.locator('#player[data-status="playing"]').waitFor();
    for (let looks = 0; seen !== scene.picture || Math.abs(heard - scene.hz) > 25; looks += 1) {
      if (looks > 300) throw new Error(`saw ${seen} and heard ${heard} Hz, not ${scene.picture} and ${scene.hz} Hz`);
      await this.page.waitForTimeout(LOOK_MS);
      const { rgba, hz } = await this.page.evaluate(lookAtPlayer, LOOK);
      seen = pictureOf(rgba);
      if (Math.abs(hz - scene.hz) <= 25) heard = hz; // it is broken: between its beeps there is nothing
    }
  }

  /** The process of the page dies, without a word to anybody. */
  async crashes() {
    const session = await this.page.context().newCDPSession(this.page);
    const crashed = new Promise((resolve) => this.page.once('crash', resolve));
    session.send('Page.crash').catch(() => {}); // which is never answered
    await crashed;
  }

  async ends() {
    await this.page.context().close();
  }
}

/** Keeps the page's WebRTC connections within reach of the test. */
function rememberConnections() {
  const Original = RTCPeerConnection;
  const all = /** @type {{connections: RTCPeerConnection[]}} */ (/** @type {unknown} */ (globalThis));
  all.connections = [];
  globalThis.RTCPeerConnection = class extends Original {
    /** @param {RTCConfiguration} [configuration] */
    constructor(configuration) {
      super(configuration);
      all.connections.push(this);
    }
  };
}

/** Inside the page: the codecs that come in by WebRTC now; none with FLV. */
async function receivedCodecs() {
  const { connections } = /** @type {{connections: RTCPeerConnection[]}} */ (/** @type {unknown} */ (globalThis));
  const codecs = new Set();
  for (const pc of connections) {
    if (pc.connectionState !== 'connected') continue;
    const stats = await pc.getStats();
    for (const report of stats.values()) {
      if (report.type === 'inbound-rtp') codecs.add(stats.get(report.codecId)?.mimeType);
    }
  }
  return [...codecs].sort();
}

/** `claimcall call`, which publishes and records by RTMP. */
export class TerminalParty {
  #child;
  #recording;

  /**
   * @param {Server} server
   * @param {string} recording  file to write
   * @param {string[]} args
   */
  constructor(server, recording, args) {
    this.#recording = recording;
    const url = `${server.origin.replace(/^http/, 'ws')}/ws`;
    const all = ['call', '--dev', '--url', url, '--play', recording, ...args];
    this.#child = spawn(server.binary, all, { stdio: 'ignore' });
  }

  /** @param {Scene} scene */
  async meets(scene) {
    for (let looks = 0; ; looks += 1) {
      const { picture, hz, codecs } = this.#look();
      if (picture === scene.picture && hz === scene.hz) return codecs;
      if (looks > 120) throw new Error(`recorded ${picture} and ${hz} Hz, not ${scene.picture} and ${scene.hz} Hz`);
      await new Promise((resolve) => setTimeout(resolve, 5 * LOOK_MS));
    }
  }

  #look() {
    const nothing = { picture: '', hz: 0, codecs: /** @type {string[]} */ ([]) };
    if (!existsSync(this.#recording) || statSync(this.#recording).size < ENOUGH) return nothing;
    try {
      return sceneOf(this.#recording);
    } catch {
      return nothing; // cut in the middle of a frame
    }
  }

  async ends() {
    if (this.#child.exitCode !== null || this.#child.signalCode) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
