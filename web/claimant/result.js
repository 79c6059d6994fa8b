/** @import { CallView } from '../sdk/core/wire.js' */

/**
 * What the end of a call means for the claimant.
 *
 * @typedef {object} Result
 * @property {'done' | 'stopped' | 'failed'} kind  it went well; somebody ended it early; it was
 *   not the wish of either
 * @property {string} word  group of words: `result.WORD.title` and `result.WORD.next`
 * @property {boolean} redial  whether calling again is the next thing to do
 */

/** What is not listed is an ordinary end. */
const WORDS = new Map(/** @type {[string, string][]} */ ([
  ['canceled.claimant', 'canceled'],
  ['canceled.adjuster', 'missed'],
  ['rejected.claimant', 'declined'],
  ['no_answer', 'missed'],
  ['busy', 'missed'],
  ['offline', 'missed'],
  ['no_adjuster', 'no_adjuster'],
  ['lost.claimant', 'lost_here'],
  ['lost.adjuster', 'lost_there'],
  ['lost', 'lost'],
  ['join_timeout', 'not_joined'],
  ['media_failed', 'media_failed'],
  ['ended_by_admin', 'ended_by_admin'],
  ['max_duration', 'max_duration'],
]));

const DONE = new Set(['hangup', 'max_duration']);
const STOPPED = new Set(['canceled', 'declined', 'missed', 'ended_by_admin', 'early']);

/**
 * Pure: the result of an ended call.
 *
 * @param {CallView} call
 * @returns {Result}
 */
export function resultOf(call) {
  const { reason, by } = call.end ?? { reason: 'hangup', by: 'hub' };
  const word = WORDS.get(`${reason}.${by}`) ?? WORDS.get(reason) ?? (call.active_at ? 'hangup' : 'early');
  if (DONE.has(word)) return { kind: 'done', word, redial: false };
  if (STOPPED.has(word)) return { kind: 'stopped', word, redial: true };
  return { kind: 'failed', word, redial: true };
}
