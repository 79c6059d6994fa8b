/**
 * Makes the mini-program ready for WeChat's developer tools: copies the SDK beside it, with the few modules that it shares
 * with the web pages, and turns the design tokens of the pages into a style sheet of its own.
 *
 *   node web/miniprogram/prepare.mjs
 *
 * The files are copied as they are. They lie here as they lie in web/, so what they import is where they look for it.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const web = dirname(here);

/** What the mini-program imports from outside its folder. What these import comes along. */
const ENTRIES = ['sdk/index.js', 'ui/seat.js', 'ui/format.js'];

/** Modules of the browser, which the mini-program must not pull in by accident. */
const BROWSER_ONLY = /(player|publisher|webrtc|play-\w+|measure)\.js$/;

/**
 * The modules that `entries` need, themselves included, relative to web/.
 *
 * @param {string[]} entries
 */
export function modulesOf(entries) {
  const found = new Set();
  const visit = (/** @type {string} */ name) => {
    if (found.has(name)) return;
    if (BROWSER_ONLY.test(name)) throw new Error(`${name} is for browsers, and the mini-program would need it`);
    found.add(name);
    const source = readFileSync(join(web, name), 'utf8');
    for (const [, path] of source.matchAll(/^(?:import|export)\b[^'"]*['"](\.[^'"]+)['"]/gm)) {
      visit(posix.join(posix.dirname(name), path));
    }
  };
  entries.forEach(visit);
  return [...found].sort();
}

/**
 * The tokens as a mini-program wants them: `page` is what `:root` is elsewhere.
 *
 * @param {string} css
 */
export function tokensFor(css) {
  return css.replace(/:root\b/g, 'page').replace(/^\s*color-scheme:.*\n/gm, '');
}

/**
 * Puts all that into a folder.
 *
 * @param {string} folder  that of the mini-program
 */
export function prepare(folder) {
  for (const old of ['sdk', 'ui']) rmSync(join(folder, old), { recursive: true, force: true });
  const modules = modulesOf(ENTRIES);
  for (const name of modules) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(join(web, name), join(folder, name));
  }
  writeFileSync(join(folder, 'tokens.wxss'), tokensFor(readFileSync(join(web, 'ui/tokens.css'), 'utf8')));
  return modules;
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  const modules = prepare(here);
  console.log(`Copied ${modules.length} modules and the design tokens. Open ${here} in WeChat's developer tools.`);
}
