/** @import { Browser, BrowserContext, Page } from 'playwright-core' */
/** @import { Server } from './server.js' */

/** Nothing that a test waits for takes longer, on however busy a machine. */
export const PATIENCE = 60_000;

/** How often a new person has come. */
let people = 0;

/**
 * A token for somebody new.
 *
 * @param {Server} server
 * @param {'adjuster' | 'claimant'} role
 */
export async function somebody(server, role) {
  people += 1;
  const sub = `${role}-${people}`;
  const response = await fetch(`${server.origin}/api/v1/login/dev`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ role, sub, name: role === 'adjuster' ? '李工' : '张建国' }),
  });
  const { token } = await response.json();
  return { sub, token: String(token) };
}

/** An adjuster in front of one tab of the console. */
export class Desk {
  /**
   * @param {Page} page
   * @param {string} address  with the token
   */
  constructor(page, address) {
    this.page = page;
    this.address = address;
    page.setDefaultTimeout(PATIENCE);
  }

  /**
   * Somebody new, with a browser of their own.
   *
   * @param {Browser} browser
   * @param {Server} server
   * @param {import('playwright-core').BrowserContextOptions & {prepare?: (context: BrowserContext) => Promise<unknown>}} [options]
   */
  static async open(browser, server, { prepare, ...options } = {}) {
    const { token } = await somebody(server, 'adjuster');
    const context = await browser.newContext({ permissions: ['camera', 'microphone'], viewport: { width: 1440, height: 900 }, ...options });
    await prepare?.(context);
    return Desk.at(context, `${server.origin}/console/#token=${token}`);
  }

  /** @param {BrowserContext} context @param {string} address */
  static async at(context, address) {
    const desk = new Desk(await context.newPage(), address);
    await desk.page.goto(address);
    await desk.page.locator('#availability').waitFor();
    return desk;
  }

  /** The same person in another tab of the same browser. */
  anotherTab() {
    return Desk.at(this.page.context(), this.address);
  }

  /** The same person at another computer. @param {Browser} browser */
  async anotherComputer(browser) {
    const context = await browser.newContext({ permissions: ['camera', 'microphone'], viewport: { width: 1440, height: 900 } });
    return Desk.at(context, this.address);
  }

  async becomesAvailable() {
    await this.page.click('#start');
    await this.shows('idle-title', '等待来电');
  }

  /** @param {string} claim */
  async isRung(claim) {
    await this.shows('ringing-claim', claim);
  }

  /** @param {string} claim */
  async accepts(claim) {
    await this.isRung(claim);
    await this.page.click('#accept');
    await this.isInCall(claim);
  }

  /** @param {string} claim */
  async isInCall(claim) {
    await this.shows('call-state', '通话中');
    await this.shows('call-claim', claim);
    await this.page.locator('#hangup').waitFor();
  }

  async hangsUp() {
    await this.page.click('#hangup');
    await this.page.locator('#wrap-ready').waitFor();
  }

  /** @param {string} id @param {string} text */
  async shows(id, text) {
    await this.page.locator(`#${id}`, { hasText: text }).waitFor();
  }

  /** @param {string} id */
  async sees(id) {
    await this.page.locator(`#${id}`).waitFor();
  }

  /** @param {string} id */
  async seesNo(id) {
    await this.page.locator(`#${id}`).waitFor({ state: 'hidden' });
  }

  async leaves() {
    await this.page.context().close();
  }
}

/**
 * A claimant who has no page, only the SDK: what a console is told does not depend on how claimants look. It joins
 * the call that it asked for or accepted; picture and sound it has none.
 */
export class Caller {
  /** @param {Page} page @param {string} user */
  constructor(page, user) {
    this.page = page;
    this.user = user;
    page.setDefaultTimeout(PATIENCE);
  }

  /** @param {Browser} browser @param {Server} server */
  static async open(browser, server) {
    const { sub, token } = await somebody(server, 'claimant');
    const page = await browser.newPage();
    await page.goto(`${server.origin}/`);
    await page.evaluate(async (secret) => {
      const { Client } = await import(new URL('/sdk/index.js', location.href).href);
      const client = new Client({ url: `${location.origin.replace(/^http/, 'ws')}/ws`, token: secret });
      Object.assign(globalThis, { client });
      client.on('state', (/** @type {any} */ { call }) => {
        if (call?.state === 'connecting' && !call.legs.claimant.joined) client.join(call.id).catch(() => {});
      });
      await new Promise((resolve) => {
        client.on('welcome', resolve);
        client.connect();
      });
    }, token);
    return new Caller(page, sub);
  }

  /** @param {string} claim_no @param {string} [note] */
  async calls(claim_no, note) {
    await this.page.evaluate((request) => /** @type {any} */ (globalThis).client.request(request), { claim_no, note });
  }

  async answers() {
    await this.page.waitForFunction(() => /** @type {any} */ (globalThis).client.state.invites.length > 0);
    await this.page.evaluate(() => {
      const { client } = /** @type {any} */ (globalThis);
      return client.accept(client.state.invites[0].call.id);
    });
  }

  async declines() {
    await this.page.waitForFunction(() => /** @type {any} */ (globalThis).client.state.invites.length > 0);
    await this.page.evaluate(() => {
      const { client } = /** @type {any} */ (globalThis);
      return client.reject(client.state.invites[0].call.id);
    });
  }

  cancels() {
    return this.#withCall('cancel');
  }

  hangsUp() {
    return this.#withCall('hangup');
  }

  async leaves() {
    await this.page.context().close();
  }

  /** @param {'cancel' | 'hangup'} command */
  async #withCall(command) {
    await this.page.evaluate((name) => {
      const { client } = /** @type {any} */ (globalThis);
      return client[name](client.state.call.id);
    }, command);
  }
}
