import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @import { Browser, Page } from 'playwright-core' */
/** @import { Server } from './server.js' */

/**
 * A claimant as a mini-program is one: the SDK speaks with the hub, and something else sends picture and sound by RTMP,
 * which here is ffmpeg. Node has no WebSocket, so the SDK runs in an empty page.
 */
export class Phone {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
  }

  /**
   * @param {Browser} browser
   * @param {Server} server
   */
  static async open(browser, server) {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${server.origin}/call/`);
    await page.evaluate(async () => {
      const { Client } = await import(new URL('/sdk/index.js', location.href).href);
      const person = { role: 'claimant', sub: `phone-${crypto.randomUUID()}`, name: '手机' };
      const answer = await fetch('/api/v1/login/dev', {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(person),
      });
      const { token } = await answer.json();
      const all = /** @type {any} */ (window);
      all.client = new Client({ url: `${location.origin.replace(/^http/, 'ws')}/ws`, token });
      all.client.on('call.accept', (/** @type {any} */ { call }) => all.client.join(call.id));
      all.client.connect();
    });
    return new Phone(page);
  }

  /** @param {string} claim */
  async calls(claim) {
    await this.page.evaluate((number) => /** @type {any} */ (window).client.request({ claim_no: number }), claim);
  }

  /** Where to push, once both sides have joined. */
  async address() {
    await this.page.waitForFunction(() => /** @type {any} */ (window).client.state.streams !== null);
    return this.#push();
  }

  /** Asks for addresses of a new generation, as after a loss of the network, and returns where to push then. */
  async refreshes() {
    await this.page.evaluate(() => {
      const { client } = /** @type {any} */ (window);
      return client.refreshStreams(client.state.call.id, 'network');
    });
    return this.#push();
  }

  /** The state of the call as the phone knows it. */
  state() {
    return this.page.evaluate(() => /** @type {any} */ (window).client.state.call?.state);
  }

  /** @returns {Promise<string>} */
  #push() {
    return this.page.evaluate(() => {
      const { push } = /** @type {any} */ (window).client.state.streams;
      return push.find((/** @type {{protocol: string}} */ { protocol }) => protocol === 'rtmp').url;
    });
  }

  async ends() {
    await this.page.context().close();
  }
}

/** ffmpeg, which publishes a file by RTMP over and over, as an encoder in a phone would. */
export class Encoder {
  /**
   * @param {string} file
   * @param {string} address
   * @param {string} [profile]  of H.264
   */
  constructor(file, address, profile = 'baseline') {
    const args = [
      '-v', 'error', '-re', '-stream_loop', '-1', '-i', file, '-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency',
      '-profile:v', profile, '-bf', '0', '-g', '15', '-c:a', 'aac', '-ar', '48000', '-f', 'flv', address,
    ];
    this.child = spawn('ffmpeg', args, { stdio: 'ignore' });
    /** Resolves when it has ended. */
    this.ended = once(this.child, 'exit');
  }

  /** Kills it, as the system kills an application: it has no time to say goodbye. */
  async isKilled() {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
