import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { requests } from './support/claimant.js';
import { Server } from './support/server.js';

/** @import { Browser, Page } from 'playwright-core' */

/** @type {Server} */
let server;
/** @type {Browser} */
let browser;

before(async () => {
  server = await Server.start();
  browser = await launchBrowser();
}, { timeout: 300_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
});

/**
 * Someone with a browser of their own, signed in with one click. Chromium makes up the camera.
 *
 * @param {string} path
 */
async function someone(path) {
  const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
  const page = await context.newPage();
  await page.goto(server.origin + path);
  await page.click('#signin-dev');
  return page;
}

/**
 * Waits until the page sends its picture and plays the other's.
 *
 * @param {Page} page
 */
async function talks(page) {
  await page.locator('#publisher[data-status="publishing"]').waitFor();
  await page.waitForFunction(() => {
    const player = document.querySelector('claimcall-player');
    const video = player?.querySelector('video');
    return player?.getAttribute('data-status') === 'playing' && video && video.videoWidth > 0 && video.currentTime > 1;
  });
}

/** @param {Page} page */
function address(page) {
  return page.inputValue('#publish-push');
}

test('a call from page to page, with picture, through reloads and new addresses', { timeout: 120_000 }, async () => {
  const adjuster = await someone('/console/');
  await adjuster.click('#start');
  await adjuster.locator('#idle-title', { hasText: '等待来电' }).waitFor();

  const claimant = await someone('/call/');
  await requests(claimant, 'PA2026-0001');
  await adjuster.locator('#ringing-claim', { hasText: 'PA2026-0001' }).waitFor();
  await adjuster.click('#accept');
  await Promise.all([talks(adjuster), talks(claimant)]);
  await adjuster.locator('#call-peer', { hasText: /\S/ }).waitFor(); // how good it is depends on the machine

  await adjuster.reload();
  await Promise.all([talks(adjuster), talks(claimant)]);
  await claimant.reload();
  await Promise.all([talks(adjuster), talks(claimant)]);

  const old = await address(claimant);
  await claimant.click('#publish summary');
  await claimant.click('#refresh');
  await claimant.waitForFunction((known) => {
    return /** @type {HTMLTextAreaElement} */ (document.getElementById('publish-push')).value !== known;
  }, old);
  await Promise.all([talks(adjuster), talks(claimant)]);

  await claimant.click('#hangup');
  await claimant.locator('#ended-text', { hasText: '您已挂断' }).waitFor();
  await adjuster.locator('#ended-text', { hasText: '对方已挂断' }).waitFor();
  await adjuster.locator('#wrap-ready').waitFor();
  assert.equal(await claimant.textContent('#ended-title'), '通话已结束');
});
