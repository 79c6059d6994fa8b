/**
 * The wire as the SDK uses it: the one place that refers to the generated types.
 *
 * @typedef {import('../../../protocol/types').Call} CallView
 * @typedef {import('../../../protocol/types').AvailabilityEvent} AvailabilityEvent
 * @typedef {import('../../../protocol/types').Bye} Bye
 * @typedef {import('../../../protocol/types').CallInvited} CallInvited
 * @typedef {import('../../../protocol/types').CallProfile} CallProfile
 * @typedef {import('../../../protocol/types').CallQueued} CallQueued
 * @typedef {import('../../../protocol/types').CallRequest} CallRequest
 * @typedef {import('../../../protocol/types').CallWithdrawn} CallWithdrawn
 * @typedef {import('../../../protocol/types').Hello} Hello
 * @typedef {import('../../../protocol/types').Profile} Profile
 * @typedef {import('../../../protocol/types').Quality} Quality
 * @typedef {import('../../../protocol/types').Queue} QueueView
 * @typedef {import('../../../protocol/types').Reason} EndReason
 * @typedef {import('../../../protocol/types').RefreshWhy} RefreshWhy
 * @typedef {import('../../../protocol/types').Streams} Streams
 * @typedef {import('../../../protocol/types').StreamStats} StreamStats
 * @typedef {import('../../../protocol/types').StreamURL} StreamURL
 * @typedef {import('../../../protocol/types').Waiting} QueueEntry
 * @typedef {import('../../../protocol/types').Welcome} Welcome
 * @typedef {import('../../../protocol/types').AnswerMap} AnswerMap
 * @typedef {import('../../../protocol/types').CommandMap} CommandMap
 * @typedef {import('../../../protocol/types').CommandType} CommandType
 * @typedef {import('../../../protocol/types').EventMap} EventMap
 * @typedef {import('../../../protocol/types').EventType} EventType
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
