/** @import { State } from '../sdk/core/state.js' */
/** @import { CallView } from '../sdk/core/wire.js' */

/**
 * Which screen the console shows.
 *
 * @typedef {'signin' | 'connecting' | 'closed' | 'idle' | 'ringing' | 'call' | 'elsewhere' | 'ended'} Screen
 */

/**
 * Pure: one screen for every state. A lost connection changes none of them, because picture and
 * sound go on without it; a banner tells of it.
 *
 * @param {State} state
 * @param {{holds: (call: CallView) => boolean, dismissed: string | null, elsewhere: CallView | null}} page
 *   whether this page is the one that takes part in a call, which ended call has been read, and the call that is
 *   known to go on at another device
 * @returns {Screen}
 */
export function screenOf(state, { holds, dismissed, elsewhere }) {
  const { connection, session, call, invites } = state;
  if (connection.status === 'idle') return 'signin';
  if (connection.status === 'closed') return 'closed';
  if (!session) return 'connecting';
  if ((call?.state === 'connecting' || call?.state === 'active') && holds(call)) return 'call';
  if (elsewhere) return 'elsewhere';
  if (invites.length > 0) return 'ringing';
  if (call?.state === 'ringing') return 'call';
  if (call?.state === 'ended' && call.id !== dismissed) return 'ended';
  return 'idle';
}

/** Screens of somebody who is signed in: the queue and the records are at hand. */
const AT_WORK = new Set(['idle', 'ringing', 'call', 'elsewhere', 'ended']);

/** @param {Screen} screen */
export function isAtWork(screen) {
  return AT_WORK.has(screen);
}
