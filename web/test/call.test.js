import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { Server } from './support/server.js';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { Browser, Page } from 'playwright-core' */

/** @type {Server} */
let server;
/** @type {Browser} */
let browser;
/** @type {ChildProcess[]} */
const publishers = [];

before(async () => {
  server = await Server.start();
  browser = await launchBrowser();
}, { timeout: 300_000 });

after(async () => {
  for (const publisher of publishers) publisher.kill('SIGKILL');
  await browser?.close();
  await server?.stop();
});

/**
 * Someone with a browser of their own, signed in with one click.
 *
 * @param {string} path
 */
async function someone(path) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.origin + path);
  await page.click('#signin-dev');
  return page;
}

/**
 * Publishes with the very command that the page shows.
 *
 * @param {Page} page
 */
async function publishes(page) {
  await page.locator('#publish').waitFor({ state: 'visible' });
  const command = await page.inputValue('#publish-command');
  const publisher = spawn('sh', ['-c', `exec ${command}`], { stdio: 'ignore' });
  publishers.push(publisher);
  return publisher;
}

/** @param {Page} page */
function plays(page) {
  return page.waitForFunction(() => {
    const player = document.querySelector('claimcall-player');
    const video = player?.querySelector('video');
    return player?.getAttribute('data-status') === 'playing' && video?.videoWidth === 360 && video.currentTime > 1;
  });
}

test('a call from page to page, with picture, through a reload and a lost publisher', { timeout: 120_000 }, async () => {
  const adjuster = await someone('/console/');
  await adjuster.click('#start');
  await adjuster.locator('#idle-title', { hasText: '等待来电' }).waitFor();

  const claimant = await someone('/call/');
  await claimant.fill('#claim', 'PA2026-0001');
  await claimant.click('#send');
  await adjuster.locator('#ringing-claim', { hasText: 'PA2026-0001' }).waitFor();
  await adjuster.click('#accept');

  const first = await publishes(claimant);
  await publishes(adjuster);
  await Promise.all([plays(adjuster), plays(claimant)]);

  await adjuster.reload();
  await plays(adjuster);

  const gone = once(first, 'exit');
  first.kill('SIGKILL');
  await gone;
  await adjuster.locator('#call-peer', { hasText: '对方画面中断' }).waitFor();
  const old = await claimant.inputValue('#publish-push');
  await claimant.click('#publish summary');
  await claimant.click('#refresh');
  await claimant.waitForFunction(
    (known) => /** @type {HTMLTextAreaElement} */ (document.getElementById('publish-push')).value !== known,
    old,
  );
  await publishes(claimant);
  await plays(adjuster);

  await claimant.click('#hangup');
  await claimant.locator('#ended-text', { hasText: '您已挂断' }).waitFor();
  await adjuster.locator('#ended-text', { hasText: '对方已挂断' }).waitFor();
  await adjuster.locator('#ended-wrap-up').waitFor();
  assert.equal(await claimant.textContent('#ended-title'), '通话已结束');
});
