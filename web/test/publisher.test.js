import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pages } from './support/browser.js';

/** @import { Page } from 'playwright-core' */

const IN_TIME = { timeout: 90_000 };

/** @type {Pages} */
let pages;

before(async () => {
  pages = await Pages.start();
}, IN_TIME);

after(() => pages?.stop(), IN_TIME);

/**
 * A page with a publisher, on which the person is asked for the camera and answers when the test says so: `answers` holds
 * what lets the browser go on, `given` the streams that it gave.
 */
async function publisherPage() {
  const { page } = await pages.open('/call/', {});
  await page.evaluate(async () => {
    await import(new URL('/sdk/publisher.js', location.href).href);
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia.bind(devices);
    const all = /** @type {any} */ (window);
    all.answers = [];
    all.given = [];
    devices.getUserMedia = async (wish) => {
      await new Promise((resolve) => all.answers.push(resolve));
      const media = await ask(wish);
      all.given.push(media);
      return media;
    };
    all.publisher = document.body.appendChild(document.createElement('claimcall-publisher'));
    all.publish = (/** @type {string} */ name) => all.publisher.publish([{ protocol: 'whip', url: `/whip/${name}` }], {});
  });
  return page;
}

/**
 * @param {Page} page
 * @param {number} questions
 */
async function answers(page, questions) {
  await page.waitForFunction((n) => /** @type {any} */ (window).answers.length === n, questions);
  await page.evaluate(() => /** @type {any} */ (window).answers.splice(0).forEach((/** @type {() => void} */ go) => go()));
  await page.waitForFunction(() => /** @type {any} */ (window).given.length > 0);
}

/** @param {Page} page */
function running(page) {
  return page.evaluate(() => {
    const tracks = /** @type {any} */ (window).given.flatMap((/** @type {MediaStream} */ media) => media.getTracks());
    return tracks.filter((/** @type {MediaStreamTrack} */ { readyState }) => readyState === 'live').length;
  });
}

test('new addresses while the person is asked for the camera: there is one question, and no camera is left on', IN_TIME, async () => {
  const page = await publisherPage();
  await page.evaluate(() => {
    const all = /** @type {any} */ (window);
    all.publish('first');
    all.publish('second');
  });
  await answers(page, 1);
  await page.waitForFunction(() => /** @type {any} */ (window).publisher.media !== null);
  assert.equal(await running(page), 2);
  await page.evaluate(() => /** @type {any} */ (window).publisher.stop());
  assert.equal(await running(page), 0);
});

test('the end while the camera is being turned leaves no camera on', IN_TIME, async () => {
  const page = await publisherPage();
  await page.evaluate(() => /** @type {any} */ (window).publish('first'));
  await answers(page, 1);
  await page.waitForFunction(() => /** @type {any} */ (window).publisher.media !== null);
  await page.evaluate(() => {
    const all = /** @type {any} */ (window);
    all.turned = all.publisher.face('user').catch(String);
  });
  await page.waitForFunction(() => /** @type {any} */ (window).answers.length === 1);
  await page.evaluate(() => /** @type {any} */ (window).publisher.stop());
  await answers(page, 1);
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).turned), undefined);
  assert.equal(await running(page), 0);
});
