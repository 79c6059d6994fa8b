/** @import { Player } from '../sdk/player.js' */

/** The page's own measure, in the browser's performance timeline. */
export const FIRST_PICTURE = 'claimcall.accept-to-picture';
const ACCEPTED = 'claimcall.accepted';

/**
 * Measures from the click that accepts a call to the first picture of the claimant on the screen.
 *
 * @param {HTMLElement} accept  the button
 * @param {Player} player
 */
export function timeFirstPicture(accept, player) {
  accept.addEventListener('click', () => {
    performance.clearMeasures(FIRST_PICTURE);
    performance.mark(ACCEPTED);
    player.video.requestVideoFrameCallback?.(() => performance.measure(FIRST_PICTURE, ACCEPTED));
  });
}
