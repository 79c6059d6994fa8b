import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** @import { Page } from 'playwright-core' */

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What axe-core finds wrong with the page as it is now, one line each. Its script goes in by the
 * debugger, past the page's own Content-Security-Policy.
 *
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
export async function violations(page) {
  await page.evaluate(source);
  return page.evaluate(async () => {
    const { axe } = /** @type {any} */ (globalThis);
    const found = await axe.run(document, { resultTypes: ['violations'] });
    return found.violations.flatMap((/** @type {any} */ rule) =>
      rule.nodes.map((/** @type {any} */ node) => `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary}`));
  });
}

const LOOKS = /** @type {const} */ ([['light', 'zh-CN'], ['dark', 'zh-CN'], ['dark', 'en'], ['light', 'en']]);

/**
 * Fails if axe-core finds anything wrong with the page in either theme and language.
 *
 * @param {Page} page
 */
export async function isForEveryone(page) {
  for (const [colorScheme, lang] of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await speak(page, lang);
    assert.deepEqual(await violations(page), [], `${colorScheme} ${lang}`);
  }
}

/**
 * The button may be behind a sheet, or out of sight, where no mouse and no finger gets.
 *
 * @param {Page} page
 * @param {string} lang
 */
async function speak(page, lang) {
  await page.evaluate((wanted) => {
    if (document.documentElement.lang !== wanted) document.getElementById('lang')?.click();
  }, lang);
  await page.locator(`html[lang="${lang}"]`).waitFor({ state: 'attached' });
}
