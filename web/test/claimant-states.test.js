import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { violations } from './support/axe.js';
import { Pages } from './support/browser.js';
import { SITUATIONS } from './support/claimant.js';

/** @import { Page } from 'playwright-core' */

const IN_TIME = { timeout: 120_000 };
const PHONES = [{ width: 390, height: 844 }, { width: 360, height: 640 }, { width: 844, height: 390 }];
/** The smallest target of a finger, in CSS pixels. */
const FINGER = 48;

/** @type {Pages} */
let pages;

before(async () => {
  pages = await Pages.start();
}, IN_TIME);

after(() => pages?.stop());

describe('each state of the claimant page is for everyone', { concurrency: 2 }, () => {
  for (const [index, [name, situation]] of Object.entries(SITUATIONS).entries()) {
    test(name, IN_TIME, async (t) => {
      // Themes and languages take turns: each comes with half of the states.
      const colorScheme = index % 2 ? 'dark' : 'light';
      const { page, hub } = await pages.open('/', situation.welcome, { colorScheme, permissions: ['camera', 'microphone'], viewport: PHONES[0], reducedMotion: 'reduce' });
      t.after(() => page.context().close());
      if (index % 4 > 1) await page.evaluate(() => localStorage.setItem('claimcall.lang', 'en'));
      await page.goto(new URL(situation.path, page.url()).href);
      await situation.reach?.(page, hub);
      await page.locator(situation.sees).waitFor();
      assert.deepEqual(await violations(page), []);
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
