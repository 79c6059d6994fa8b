/** @import { Quality } from './wire.js' */

/**
 * A level of the wire, which is WeChat's netQualityLevel, in words: 1 and 2 good, 3 and 4 weak, 5 and 6 bad.
 *
 * @param {number} level
 * @returns {Quality | null}  null if it is not known
 */
export function qualityOf(level) {
  if (level <= 0) return null;
  if (level >= 5) return 'bad';
  return level >= 3 ? 'weak' : 'good';
}
