/**
 * A duration as people read it: 3:07, 1:02:03.
 *
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const pad = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/**
 * Whole minutes to wait, at least one.
 *
 * @param {number} ms
 */
export function minutes(ms) {
  return Math.max(1, Math.ceil(ms / 60_000));
}

/**
 * Whole seconds that are left from `now` to a time of the hub, never below zero. Rounded down: `now` is estimated, and
 * 30 s must not begin as 31.
 *
 * @param {string} time  RFC 3339
 * @param {number} now  by the hub's clock, in milliseconds since 1970
 */
export function secondsUntil(time, now) {
  return Math.max(0, Math.floor((Date.parse(time) - now) / 1000));
}
