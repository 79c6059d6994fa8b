/** @import { State } from '../sdk/core/state.js' */
/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { PublisherStatus } from '../sdk/publisher.js' */

/**
 * How one direction does, as the key of a sentence and a level for its colour.
 *
 * @typedef {{word: string, level: 'good' | 'weak' | 'bad' | 'none'}} Verdict
 */

/**
 * What comes from the claimant.
 *
 * @param {CallView} call
 * @returns {Verdict}
 */
export function receivedWords({ legs: { claimant } }) {
  switch (claimant.link) {
    case 'publishing':
      return byQuality(claimant.quality, 'in');
    case 'background':
      return { word: 'quality.in.background', level: 'weak' };
    case 'lost':
      return { word: 'quality.in.lost', level: 'bad' };
    case 'silent':
      return { word: 'quality.in.silent', level: 'bad' };
    default:
      return { word: 'quality.in.none', level: 'none' };
  }
}

/**
 * What goes to the claimant.
 *
 * @param {State} state
 * @param {PublisherStatus} sending
 * @returns {Verdict}
 */
export function sentWords({ call }, sending) {
  if (sending === 'refused') return { word: 'quality.out.refused', level: 'bad' };
  if (sending !== 'publishing') return { word: 'quality.out.none', level: 'none' };
  return byQuality(call?.legs.adjuster?.quality, 'out');
}

/**
 * @param {CallView['legs']['claimant']['quality']} quality
 * @param {'in' | 'out'} direction
 * @returns {Verdict}
 */
function byQuality(quality, direction) {
  const level = quality ?? 'good';
  return { word: `quality.${direction}.${level}`, level };
}

/**
 * Why the claimant's picture may have stopped. Whoever looks at a still picture wants to know whose fault it
 * is and whether waiting helps.
 *
 * @param {State} state
 */
export function troubleWord({ connection, call }) {
  if (connection.status !== 'online') return 'trouble.here';
  switch (call?.legs.claimant.link) {
    case 'lost':
      return 'trouble.lost';
    case 'background':
      return 'trouble.background';
    case 'silent':
      return 'trouble.silent';
    default:
      return 'trouble.other';
  }
}
