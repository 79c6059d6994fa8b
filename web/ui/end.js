/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { Language } from './language.js' */

/**
 * How a call ended, in words: whose doing it was matters for some reasons only, and where the hub ended it, nobody's it was.
 *
 * @param {CallView} call
 * @param {Language} language
 */
export function endWords({ end, you }, language) {
  const { reason, by } = end ?? { reason: 'other', by: 'hub' };
  const sides = by === 'hub' ? [] : [by === you ? 'you' : 'other'];
  const words = [...sides.map((side) => `end.${reason}.${side}`), `end.${reason}`];
  return language.t(words.find((word) => language.has(word)) ?? 'end.other');
}
