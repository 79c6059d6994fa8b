import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { isForEveryone } from './support/axe.js';
import { Pages } from './support/browser.js';
import { CONSOLE_STATES, openConsole } from './support/states.js';

const IN_TIME = { timeout: 240_000 };
const SIZES = [{ width: 1440, height: 900 }, { width: 1024, height: 768 }, { width: 390, height: 844 }];
/** The smallest target that WCAG 2.2 allows, in CSS pixels. */
const TARGET = 24;
/** States whose pictures are worth keeping. */
const PICTURES = new Set(['away', 'available', 'ringing', 'wrap-up', 'history']);
const FOLDER = new URL('./screens/', import.meta.url).pathname;

/** @type {Pages} */
let pages;

before(async () => {
  mkdirSync(FOLDER, { recursive: true });
  pages = await Pages.start();
}, IN_TIME);

after(() => pages?.stop());

describe('each state of the console is for everyone', { concurrency: 2 }, () => {
  for (const [name, state] of Object.entries(CONSOLE_STATES)) {
    test(name, IN_TIME, async (t) => {
      const { page, hub } = await openConsole(pages, state, { viewport: SIZES[0], reducedMotion: 'reduce' });
      t.after(() => page.context().close());
      await isForEveryone(page);
      if (PICTURES.has(name)) await page.screenshot({ path: `${FOLDER}console-${name}.png` });
      for (const size of SIZES) {
        await page.setViewportSize(size);
        assert.deepEqual(await page.evaluate(misfits, TARGET), [], `${size.width} x ${size.height}`);
      }
      assert.deepEqual(hub.complaints, []);
    });
  }
});

/**
 * In the page: what is too small to hit, cut off, or wider than its place.
 *
 * @param {number} least
 */
function misfits(least) {
  const wrong = [];
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page is wider than the screen');
  for (const element of document.querySelectorAll('button, input, textarea, select, a, summary')) {
    const { width, height, left, right } = element.getBoundingClientRect();
    if (!element.checkVisibility() || width === 0) continue;
    const name = `${element.tagName} #${element.id}`;
    if ((width < least || height < least) && !element.matches('[type="checkbox"]')) wrong.push(`${name} is ${width} x ${height}`);
    if (left < -1 || right > innerWidth + 1) wrong.push(`${name} is cut off`);
    if (element.matches('button') && element.scrollWidth > element.clientWidth + 1) wrong.push(`${name} is too narrow for its words`);
  }
  return wrong;
}
