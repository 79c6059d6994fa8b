/** @import { PlayerStatus } from '../sdk/player.js' */
/** @import { PublisherStatus } from '../sdk/publisher.js' */
/** @import { State } from '../sdk/core/state.js' */
/** @import { CallView } from '../sdk/core/wire.js' */

/**
 * The one line that the call shows about itself, in plain words: what is worst comes first.
 *
 * @typedef {object} Notice
 * @property {string} word
 * @property {'calm' | 'warn' | 'bad'} level
 */

const LINKS = new Set(['lost', 'background', 'silent']);

/**
 * Pure: what to say during a call, or null if all is well.
 *
 * @param {CallView} call
 * @param {State['connection']['status']} connection
 * @param {{sending: PublisherStatus, playing: PlayerStatus}} media
 * @returns {Notice | null}
 */
export function noticeOf(call, connection, { sending, playing }) {
  if (connection !== 'online') return { word: 'notice.offline', level: 'bad' };
  if (sending === 'refused') return { word: 'notice.refused', level: 'bad' };
  if (sending === 'asking') return { word: 'notice.asking', level: 'warn' };
  if (call.state !== 'active') return { word: call.legs.claimant.joined ? 'notice.entering' : 'notice.connecting', level: 'calm' };
  return ofOther(call) ?? ofNetwork(call) ?? ofMedia(sending, playing);
}

/**
 * @param {CallView} call
 * @returns {Notice | null}
 */
function ofOther({ legs }) {
  const link = legs.adjuster?.link ?? 'up';
  return LINKS.has(link) ? { word: `notice.other.${link}`, level: 'warn' } : null;
}

/**
 * @param {CallView} call
 * @returns {Notice | null}
 */
function ofNetwork({ legs }) {
  const here = legs.claimant.quality;
  if (here === 'bad') return { word: 'notice.here.bad', level: 'warn' };
  if (here === 'weak') return { word: 'notice.here.weak', level: 'warn' };
  if (legs.adjuster?.quality === 'bad') return { word: 'notice.other.bad', level: 'warn' };
  return null;
}

/**
 * @param {PublisherStatus} sending
 * @param {PlayerStatus} playing
 * @returns {Notice | null}
 */
function ofMedia(sending, playing) {
  if (sending === 'connecting') return { word: 'notice.sending', level: 'calm' };
  if (playing === 'stalled') return { word: 'notice.stalled', level: 'warn' };
  if (playing === 'loading') return { word: 'notice.loading', level: 'calm' };
  return null;
}
