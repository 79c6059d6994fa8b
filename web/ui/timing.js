/** @import { Player } from '../sdk/player.js' */

/** The page's own measure, in the browser's performance timeline. */
export const FIRST_PICTURE = 'claimcall.accept-to-picture';
const ACCEPTED = 'claimcall.accepted';

/**
 * Measures from now, when a call was accepted, to the first picture of the other side on the screen.
 *
 * @param {Player} player
 */
export function timeFirstPicture(player) {
  performance.clearMeasures(FIRST_PICTURE);
  performance.mark(ACCEPTED);
  player.video.requestVideoFrameCallback?.(() => performance.measure(FIRST_PICTURE, ACCEPTED));
}
