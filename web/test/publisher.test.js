import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pages } from './support/browser.js';

/** @import { Page } from 'playwright-core' */

/** Long, for machines that are busy. */
const IN_TIME = { timeout: 240_000 };
const WAIT_MS = 120_000;

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
  page.setDefaultTimeout(WAIT_MS);
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

/**
 * A page with a publisher whose camera and microphone are there at once. Its questions are kept in `asked`; while `lacks` is a
 * kind, there is no such device.
 */
async function quickPage() {
  const { page } = await pages.open('/call/', {});
  page.setDefaultTimeout(WAIT_MS);
  await page.evaluate(async () => {
    await import(new URL('/sdk/publisher.js', location.href).href);
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia.bind(devices);
    const all = /** @type {any} */ (window);
    Object.assign(all, { asked: [], told: 0, lacks: '' });
    devices.getUserMedia = async (wish) => {
      all.asked.push(wish);
      if (all.lacks && /** @type {any} */ (wish)[all.lacks]) throw new DOMException('none', 'NotFoundError');
      return ask(wish);
    };
    all.publisher = document.body.appendChild(document.createElement('claimcall-publisher'));
    all.publisher.addEventListener('devices', () => (all.told += 1));
    all.kinds = () => all.publisher.media.getTracks().map((/** @type {MediaStreamTrack} */ { kind, readyState }) => `${kind} ${readyState}`).sort();
  });
  return page;
}

const BOTH = ['audio live', 'video live'];

test('the rear camera is asked for first, and the other when it is turned', IN_TIME, async () => {
  const page = await quickPage();
  const facing = await page.evaluate(async () => {
    const { publisher, asked } = /** @type {any} */ (window);
    await publisher.preview();
    await publisher.face('user');
    return [...asked.map((/** @type {any} */ { video }) => video.facingMode), publisher.facing];
  });
  assert.deepEqual(facing, ['environment', 'user', 'user']);
});

test('another microphone takes over, and the one before stays when it can not be had', IN_TIME, async () => {
  const page = await quickPage();
  const { chosen, used, refused, still, kinds, told } = await page.evaluate(async () => {
    const all = /** @type {any} */ (window);
    const { publisher } = all;
    await publisher.preview();
    const present = publisher.device('audio');
    const found = await navigator.mediaDevices.enumerateDevices();
    const chosen = found.find(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== present)?.deviceId;
    await publisher.use('audio', chosen);
    const used = publisher.device('audio');
    const refused = await publisher.use('audio', 'no such device').catch((/** @type {Error} */ { name }) => name);
    return { chosen, used, refused, still: publisher.device('audio'), kinds: all.kinds(), told: all.told };
  });
  assert.equal(used, chosen);
  assert.equal(refused, 'OverconstrainedError');
  assert.equal(still, chosen);
  assert.deepEqual(kinds, BOTH);
  assert.equal(told, 3, 'for both at first, for the other, and for its return');
});

test('a microphone that is pulled out is replaced by any other, and silence stays silence', IN_TIME, async () => {
  const page = await quickPage();
  await page.evaluate(async () => {
    const { publisher } = /** @type {any} */ (window);
    await publisher.preview();
    publisher.sends('audio', false);
    const [track] = publisher.media.getAudioTracks();
    track.stop();
    track.dispatchEvent(new Event('ended'));
  });
  await page.waitForFunction(() => /** @type {any} */ (window).told === 2);
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).kinds()), BOTH);
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).publisher.media.getAudioTracks()[0].enabled), false);
});

test('without a camera there is sound and a black picture, and with one again it is used', IN_TIME, async () => {
  const page = await quickPage();
  const [without, again] = await page.evaluate(async () => {
    const all = /** @type {any} */ (window);
    const { publisher } = all;
    all.lacks = 'video';
    await publisher.preview();
    const settings = () => publisher.media.getVideoTracks()[0].label;
    const without = [...all.kinds(), settings()];
    all.lacks = '';
    await publisher.face('user');
    return [without, [...all.kinds(), settings()]];
  });
  assert.deepEqual(without.slice(0, 2), BOTH);
  assert.deepEqual(again.slice(0, 2), BOTH);
  assert.notEqual(without[2], again[2]);
});

test('whoever says no is told apart from who has nothing', IN_TIME, async () => {
  const page = await quickPage();
  await page.evaluate(() => {
    const all = /** @type {any} */ (window);
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('no', 'NotAllowedError');
    };
    all.publisher.publish([{ protocol: 'whip', url: '/whip/one' }], {});
  });
  await page.waitForFunction(() => /** @type {any} */ (window).publisher.status === 'refused');
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).publisher.problem), 'NotAllowedError');
});

test('the end during a preview leaves no camera on', IN_TIME, async () => {
  const page = await publisherPage();
  await page.evaluate(() => {
    const all = /** @type {any} */ (window);
    all.shown = all.publisher.preview().catch((/** @type {Error} */ { name }) => name);
  });
  await page.waitForFunction(() => /** @type {any} */ (window).answers.length === 1);
  await page.evaluate(() => /** @type {any} */ (window).publisher.stop());
  await answers(page, 1);
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).shown), 'AbortError');
  assert.equal(await running(page), 0);
});

test('the light is switched where there is one', IN_TIME, async () => {
  const page = await quickPage();
  const seen = await page.evaluate(async () => {
    const { publisher } = /** @type {any} */ (window);
    await publisher.preview();
    const [track] = publisher.media.getVideoTracks();
    const without = [publisher.canTorch, publisher.torch];
    let torch = false;
    track.getCapabilities = () => ({ torch: true });
    track.getSettings = () => ({ torch });
    track.applyConstraints = async (/** @type {any} */ { advanced }) => ({ torch } = advanced[0]);
    await publisher.setTorch(true);
    return [without, [publisher.canTorch, publisher.torch]];
  });
  assert.deepEqual(seen, [[false, false], [true, true]]);
});
