import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { isForEveryone } from './support/axe.js';
import { Pages } from './support/browser.js';
import { SITUATIONS } from './support/claimant.js';

/** @import { Page } from 'playwright-core' */

const IN_TIME = { timeout: 240_000 };
const PHONES = [{ width: 390, height: 844 }, { width: 360, height: 640 }, { width: 844, height: 390 }];
/** States whose pictures are worth keeping. */
const PICTURES = new Set(['consent', 'check', 'waiting', 'call-weak', 'ended']);
const FOLDER = new URL('./screens/', import.meta.url).pathname;
/** The smallest target of a finger, in CSS pixels. */
const FINGER = 48;

/** @type {Pages} */
let pages;

before(async () => {
  mkdirSync(FOLDER, { recursive: true });
  pages = await Pages.start();
}, IN_TIME);

after(() => pages?.stop());

describe('each state of the claimant page is for everyone', { concurrency: 2 }, () => {
  for (const [name, situation] of Object.entries(SITUATIONS)) {
    test(name, IN_TIME, async (t) => {
      const { page, hub } = await pages.open(situation.path, situation.welcome, { permissions: ['camera', 'microphone'], viewport: PHONES[0], reducedMotion: 'reduce' });
      t.after(() => page.context().close());
      await situation.reach?.(page, hub);
      await page.locator(situation.sees).waitFor();
      if (PICTURES.has(name)) await page.screenshot({ path: `${FOLDER}claimant-${name}.png` });
      await isForEveryone(page);
      for (const size of PHONES) {
        await page.setViewportSize(size);
        assert.deepEqual(await misfits(page, FINGER), [], `${size.width} x ${size.height}`);
      }
      assert.deepEqual(hub.complaints, []);
    });
  }
});

/**
 * What does not fit a finger or the screen.
 *
 * @param {Page} page
 * @param {number} finger
 */
function misfits(page, finger) {
  return page.evaluate((least) => {
    const wrong = [];
    if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page is wider than the screen');
    for (const button of document.querySelectorAll('button, input, textarea')) {
      const { width, height, left, right } = button.getBoundingClientRect();
      if (width === 0 || button.closest('#dev')) continue;
      if (width < least || height < least) wrong.push(`#${button.id} is ${width} x ${height}`);
      if (left < 0 || right > innerWidth) wrong.push(`#${button.id} is cut off`);
    }
    return wrong;
  }, finger);
}
