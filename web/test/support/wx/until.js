import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until `check` gives something true, and returns that.
 *
 * @template T
 * @param {string} what  is waited for
 * @param {() => T} check
 * @param {number} [ms]  at most
 * @returns {Promise<Exclude<Awaited<T>, false | null | undefined | '' | 0>>}
 */
export async function until(what, check, ms = 20_000) {
  const end = performance.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return /** @type {any} */ (value);
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await pause(20);
  }
}
