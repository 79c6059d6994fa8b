/** @import { Session } from './session.js' */

/**
 * Keeps a page up to date: draws it now, after each change and every second, and sends WeChat only what is different, because
 * every setData crosses from one process to another.
 *
 * @param {{setData: (data: object, done?: () => void) => void}} page
 * @param {Session} session
 * @param {{name: string, wx: any, view: () => Record<string, unknown> & {title: string}}} options
 * @returns {{draw: () => Promise<void>, end: () => void}}  `draw` ends when the page shows it
 */
export function follow(page, session, { name, wx, view }) {
  /** @type {Record<string, unknown>} */
  let shown = {};
  const draw = () => {
    const next = view();
    const change = difference(shown, next);
    if (next.title !== shown.title) wx.setNavigationBarTitle({ title: next.title });
    shown = next;
    return new Promise((/** @type {(value?: any) => void} */ done) => {
      if (Object.keys(change).length === 0) done();
      else page.setData(change, done);
    });
  };
  const end = session.watch(name, draw);
  return { draw, end };
}

/**
 * The fields of `after` that `before` does not have like that.
 *
 * @param {Record<string, unknown>} before
 * @param {Record<string, unknown>} after
 */
export function difference(before, after) {
  const changed = Object.entries(after).filter(([key, value]) => !same(before[key], value));
  return Object.fromEntries(changed);
}

/**
 * @param {unknown} a
 * @param {unknown} b
 */
function same(a, b) {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
