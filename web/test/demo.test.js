import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser, Pages } from './support/browser.js';
import { ZHANG } from './support/claimant.js';
import { CLAIMANT, deviceFiles } from './support/scene.js';
import { BrowserParty } from './support/parties.js';
import { Server } from './support/server.js';

/** @import { Page } from 'playwright-core' */

const IN_TIME = { timeout: 240_000 };
const PATIENCE = 60_000;
const AWAY = { user: { id: 'li', role: 'adjuster', name: '李工' }, availability: 'away' };

/** @type {Pages} */
let pages;

before(async () => {
  pages = await Pages.start();
}, IN_TIME);

after(() => pages?.stop());

/**
 * Follows a link of the home page, which opens a tab.
 *
 * @param {Page} home
 * @param {string} words
 */
async function tabOf(home, words) {
  const opened = home.context().waitForEvent('page');
  await home.getByRole('link', { name: words }).click();
  const tab = await opened;
  tab.setDefaultTimeout(PATIENCE);
  return tab;
}

test('two tabs, opened from the home page, and two clicks: a video call', IN_TIME, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'claimcall-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const server = await Server.start();
  t.after(() => server.stop());
  const browser = await launchBrowser(deviceFiles(CLAIMANT, folder));
  t.after(() => browser.close());
  const home = await (await browser.newContext()).newPage();
  await home.goto(server.origin);
  const adjuster = await tabOf(home, 'Console');
  const claimant = await tabOf(home, 'Claimant');
  await claimant.locator('#demo-claim', { hasText: 'DEMO-' }).waitFor();

  await claimant.click('#demo-call');
  await adjuster.locator('#ringing-claim', { hasText: 'DEMO-' }).waitFor();
  await adjuster.click('#accept');
  // They share one camera and one microphone, as two tabs on a desk do.
  for (const page of [adjuster, claimant]) await new BrowserParty(page).sees(CLAIMANT);

  await claimant.reload();
  await new BrowserParty(claimant).sees(CLAIMANT);
  await adjuster.click('#hangup');
  await claimant.click('#again');
  await claimant.click('#send');
  await claimant.locator('#waiting-title').waitFor();
});

test('a demo console that has no microphone says so, and takes no calls until it is told to', IN_TIME, async (t) => {
  const { page, hub } = await pages.open('/console/#demo', AWAY, {}, (tab) => tab.addInitScript(() => {
    navigator.mediaDevices.enumerateDevices = async () => [];
    let clicked = false; // looking into a page from here counts as a click, too
    addEventListener('click', () => (clicked = true), { capture: true });
    Object.defineProperty(navigator, 'userActivation', { get: () => ({ hasBeenActive: clicked }) });
  }));
  t.after(() => page.context().close());
  await page.locator('#ready-microphone-text', { hasText: '没有找到麦克风' }).waitFor();
  await page.locator('#start-anyway').waitFor();
  await page.locator('#ready-sound[data-status="warn"]').waitFor();
  assert.equal(hub.heard('availability.set'), false);
  await page.click('#start-anyway');
  assert.equal((await hub.hears('availability.set')).data.state, 'available');
  await page.locator('#ready-sound[data-status="ok"]').waitFor();
});

test('a break that an adjuster takes in the demo outlives a reload, and who signs out is out', IN_TIME, async (t) => {
  const { page, hub } = await pages.open('/console/#demo', AWAY, { permissions: ['camera', 'microphone'] });
  t.after(() => page.context().close());
  assert.equal((await hub.agreesTo('availability.set', { availability: 'available' })).data.state, 'available');
  await page.reload();
  await page.locator('#start').waitFor();
  await page.locator('#ready-link[data-status="ok"]').waitFor();
  assert.equal(hub.heard('availability.set'), false);
  await page.click('#signout');
  await hub.agreesTo('session.end', {});
  await page.locator('#signin-dev').waitFor();
});

for (const [path, welcome, way] of /** @type {const} */ ([['/console/', AWAY, '#signin-token-text'], ['/call/', ZHANG, '#signin-token-text']])) {
  test(`${path}#demo means nothing where there is no development server`, IN_TIME, async (t) => {
    const logins = /** @type {string[]} */ ([]);
    const { page, hub } = await pages.open(`${path}#demo`, welcome, {}, async (tab) => {
      tab.on('request', (request) => logins.push(...(request.url().includes('/login/') ? [request.url()] : [])));
      await tab.route('**/api/v1/config', (route) => route.fulfill({ json: { dev: false } }));
    });
    t.after(() => page.context().close());
    await page.locator(way).waitFor();
    assert.deepEqual([logins, hub.heard('hello'), await page.isVisible('#signin-dev')], [[], false, false]);
  });
}
