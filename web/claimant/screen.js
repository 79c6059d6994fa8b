/** @import { State } from '../sdk/core/state.js' */
/** @import { CallView } from '../sdk/core/wire.js' */

/**
 * Which screen the claimant's page shows.
 *
 * @typedef {'signin' | 'connecting' | 'closed' | 'demo' | 'consent' | 'declined' | 'check' | 'request'
 *   | 'waiting' | 'ringing' | 'call' | 'elsewhere' | 'ended'} Screen
 *
 * @typedef {object} Progress  how far the person has come on this page
 * @property {(call: CallView) => boolean} holds  whether this page takes part in that call
 * @property {string | null} dismissed  the ended call whose result has been read
 * @property {'open' | 'given' | 'declined'} consent
 * @property {boolean} checked  camera and microphone have been tried
 * @property {boolean} [demo]  one button stands for consent, check and request
 */

/**
 * Pure: one screen for every state. A call always wins over what has to be read or tried before
 * one. `waiting` lasts until an adjuster has accepted; it does not flicker when a ring goes
 * unanswered and the call returns to the queue.
 *
 * @param {State} state
 * @param {Progress} progress
 * @returns {Screen}
 */
export function screenOf(state, progress) {
  const { connection, session } = state;
  if (connection.status === 'idle') return 'signin';
  if (connection.status === 'closed') return 'closed';
  // What is to be read needs no network.
  if (!session) return progress.consent === 'open' && !progress.demo ? 'consent' : 'connecting';
  return screenOfCall(state, progress) ?? screenBefore(progress);
}

/**
 * @param {State} state
 * @param {Progress} progress
 * @returns {Screen | null}  null without a call
 */
function screenOfCall({ call, invites }, { holds, dismissed }) {
  if (call?.state === 'connecting' || call?.state === 'active') return holds(call) ? 'call' : 'elsewhere';
  if (invites.length > 0) return 'ringing';
  if (call?.state === 'queued' || call?.state === 'ringing') return 'waiting';
  if (call?.state === 'ended' && call.id !== dismissed) return 'ended';
  return null;
}

/**
 * @param {Progress} progress
 * @returns {Screen}
 */
function screenBefore({ consent, checked, demo }) {
  if (consent === 'open' && demo) return 'demo';
  if (consent === 'open') return 'consent';
  if (consent === 'declined') return 'declined';
  return checked ? 'request' : 'check';
}
