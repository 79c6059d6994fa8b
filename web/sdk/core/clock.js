/**
 * Time as the SDK sees it; tests bring their own.
 *
 * @typedef {object} Clock
 * @property {() => number} now  milliseconds since 1970
 * @property {(run: () => void, ms: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};
