/** @import { State } from '../sdk/core/state.js' */
/** @import { CallView } from '../sdk/core/wire.js' */

/** @typedef {'request' | 'queue' | 'ringing' | 'call' | 'result'} PageName */

/**
 * Pure: the one page for every state.
 *
 * @param {State} state
 * @param {{holds: (call: CallView) => boolean, dismissed: string | null, over: boolean}} more  `holds`: this phone takes part
 *   in that call; `dismissed`: the call whose result has been read; `over`: a call ended while nobody could tell us
 * @returns {PageName}
 */
export function pageOf({ call, invites }, { holds, dismissed, over }) {
  if (call?.state === 'connecting' || call?.state === 'active') return holds(call) ? 'call' : 'request';
  if (invites.length > 0) return 'ringing';
  if (call?.state === 'queued' || call?.state === 'ringing') return 'queue';
  if (over || (call?.state === 'ended' && call.id !== dismissed)) return 'result';
  return 'request';
}
