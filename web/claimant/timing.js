/** @import { Client } from '../sdk/core/client.js' */
/** @import { Player } from '../sdk/player.js' */

/** The page's own measure, in the browser's performance timeline. */
export const FIRST_PICTURE = 'claimcall.accept-to-picture';
const ACCEPTED = 'claimcall.accepted';

/**
 * Measures from the moment the page knows that its call was accepted to the first picture of the
 * other side on the screen.
 *
 * @param {Client} client
 * @param {Player} player
 */
export function timeFirstPicture(client, player) {
  client.on('call.accept', () => {
    performance.mark(ACCEPTED);
    player.video.requestVideoFrameCallback?.(() => performance.measure(FIRST_PICTURE, ACCEPTED));
  });
}
