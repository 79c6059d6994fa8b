import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { violations } from './support/axe.js';
import { Pages, launchBrowser } from './support/browser.js';
import { ZHANG, aToken, waitingCall } from './support/claimant.js';

/** @import { Browser, Page } from 'playwright-core' */

const IN_TIME = { timeout: 90_000 };
const LINK = `/call/#token=${aToken({ claim_no: 'PA-7' })}`;
const PHONE = { viewport: { width: 390, height: 844 } };

/** @type {Record<'refuses' | 'blind' | 'bare', Browser>} */
let browsers;
/** @type {Pages} */
let pages;

before(async () => {
  pages = await Pages.start();
  const [refuses, blind, bare] = await Promise.all([
    launchBrowser(undefined, ['--use-fake-ui-for-media-stream=deny']),
    launchBrowser(undefined, ['--use-fake-device-for-media-stream=device-count=0']),
    launchBrowser(undefined, [], ['--use-fake-device-for-media-stream']),
  ]);
  browsers = { refuses, blind, bare };
}, IN_TIME);

after(async () => {
  await Promise.all(Object.values(browsers ?? {}).map((browser) => browser.close()));
  await pages?.stop();
});

/**
 * A page before the camera check.
 *
 * @param {import('node:test').TestContext} t
 * @param {Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
async function checks(t, browser, options) {
  const { page, hub } = await pages.open(LINK, ZHANG, { ...PHONE, ...options }, undefined, browser);
  t.after(() => page.context().close());
  await page.click('#agree');
  return { page, hub };
}

/**
 * @param {Page} page
 * @param {string} id
 * @param {string} text
 */
async function shows(page, id, text) {
  await page.locator(`#${id}`, { hasText: text }).waitFor();
}

describe('without a camera', () => {
  test('permission denied: the words are those of the browser, and it can be tried again', IN_TIME, async (t) => {
    const userAgent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.50';
    const { page } = await checks(t, browsers.refuses, { userAgent });
    await page.click('#check-open');
    await shows(page, 'check-title', '没有获得摄像头权限');
    await shows(page, 'check-help', '在微信里');
    assert.deepEqual(await violations(page), []);
    await page.click('#check-open');
    await shows(page, 'check-title', '没有获得摄像头权限');
    await page.click('#check-sound-only');
    await shows(page, 'check-title', '没有获得摄像头权限'); // the microphone is refused, too
  });

  test('no camera at all: the call is by sound', IN_TIME, async (t) => {
    const { page, hub } = await checks(t, browsers.blind, { permissions: ['camera', 'microphone'] });
    await shows(page, 'check-title', '没有找到摄像头');
    assert.deepEqual(await violations(page), []);
    await page.click('#check-sound-only');
    await shows(page, 'check-title', '只用声音通话');
    await shows(page, 'check-heard', '听到您的声音了');
    await page.click('#check-done');
    await shows(page, 'request-sound', '只用声音');
    await page.click('#send');
    assert.equal((await hub.agreesTo('call.request', { call: { ...waitingCall(), media: 'audio' } })).data.media, 'audio');
  });

  test('neither camera nor microphone: nobody would hear a word, and the page says so', IN_TIME, async (t) => {
    const { page } = await checks(t, browsers.bare, { permissions: ['camera', 'microphone'] });
    await shows(page, 'check-title', '没有找到麦克风');
    assert.equal(await page.isVisible('#check-sound-only'), false);
    assert.deepEqual(await violations(page), []);
  });
});
