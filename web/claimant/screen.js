/** @import { State } from '../sdk/state.js' */
/** @import { CallView } from '../sdk/wire.js' */

/**
 * Which screen the claimant page shows.
 *
 * @typedef {'signin' | 'connecting' | 'closed' | 'request' | 'waiting' | 'ringing' | 'call'
 *   | 'elsewhere' | 'ended'} Screen
 */

/**
 * Pure: one screen for every state. `waiting` lasts until an adjuster has accepted; it does not
 * flicker when a ring goes unanswered and the call returns to the queue.
 *
 * @param {State} state
 * @param {{holds: (call: CallView) => boolean, dismissed: string | null}} page  whether this page
 *   is the one that takes part in a call, and which ended call has been read
 * @returns {Screen}
 */
export function screenOf(state, { holds, dismissed }) {
  const { connection, session, call, invites } = state;
  if (connection.status === 'idle') return 'signin';
  if (connection.status === 'closed') return 'closed';
  if (!session) return 'connecting';
  if (call?.state === 'connecting' || call?.state === 'active') return holds(call) ? 'call' : 'elsewhere';
  if (invites.length > 0) return 'ringing';
  if (call?.state === 'queued' || call?.state === 'ringing') return 'waiting';
  if (call?.state === 'ended' && call.id !== dismissed) return 'ended';
  return 'request';
}
