/**
 * The wire as the SDK uses it: the one place that refers to the generated types.
 *
 * @typedef {import('../../../protocol/types').Call & {notes?: string}} CallView  `notes` are the adjuster's own
 * @typedef {import('../../../protocol/types').AvailabilityEvent & {until?: string}} AvailabilityEvent  `until`: when wrap-up ends by itself
 * @typedef {import('../../../protocol/types').Bye} Bye
 * @typedef {import('../../../protocol/types').CallInvited} CallInvited
 * @typedef {import('../../../protocol/types').CallQueued} CallQueued
 * @typedef {import('../../../protocol/types').CallRequest} CallRequest
 * @typedef {import('../../../protocol/types').CallWithdrawn} CallWithdrawn
 * @typedef {import('../../../protocol/types').Reason} EndReason
 * @typedef {import('../../../protocol/types').Hello} Hello
 * @typedef {import('../../../protocol/types').Profile} Profile
 * @typedef {import('../../../protocol/types').Quality} Quality
 * @typedef {import('../../../protocol/types').RefreshWhy} RefreshWhy
 * @typedef {import('../../../protocol/types').CallProfile} CallProfile
 * @typedef {import('../../../protocol/types').StreamStats} StreamStats
 * @typedef {import('../../../protocol/types').StreamURL} StreamURL
 * @typedef {import('../../../protocol/types').Streams} Streams
 * @typedef {import('../../../protocol/types').Welcome} Welcome
 * @typedef {Omit<import('../../../protocol/types').AnswerMap, 'availability.set'> & NewAnswers} AnswerMap
 * @typedef {import('../../../protocol/types').CommandMap & NewCommands} CommandMap
 * @typedef {keyof CommandMap} CommandType
 * @typedef {import('../../../protocol/types').EventMap & {queue: {queue: QueueView}}} EventMap
 * @typedef {keyof EventMap} EventType
 *
 * @typedef {{'queue.watch': {on: boolean}, 'call.note': {call: string, text: string}, 'session.end': {}}} NewCommands
 * @typedef {{
 *   'availability.set': {availability: AvailabilityEvent['state'], until?: string},
 *   'queue.watch': {queue: QueueView},
 *   'call.note': {call: CallView},
 *   'session.end': {},
 * }} NewAnswers
 *
 * @typedef {object} QueueEntry  a call that waits
 * @property {string} call  its id
 * @property {string} claim_no
 * @property {string} queue
 * @property {string[]} [skills]
 * @property {string} media
 * @property {string} [note]
 * @property {string} since  when it began to wait
 * @property {string} link
 *
 * @typedef {{total: number, waiting: QueueEntry[]}} QueueView  oldest first; `waiting` may be shorter than `total`
 *
 * @typedef {{type: string, id?: string, data: any}} Frame  its type says what the data is
 */

export const SUBPROTOCOL = 'claimcall.v1';

/**
 * Whether a socket that ended with `code` may be replaced. The hub says "do not" with
 * 4500 to 4999; everything else, the network's own codes included, is worth another try.
 *
 * @param {number} code
 */
export function comesBack(code) {
  return code < 4500 || code > 4999;
}
