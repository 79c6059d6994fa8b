/** @import { Client } from '../sdk/core/client.js' */
/** @import { SignIn } from '../ui/signin.js' */
/** @import { Actions } from './actions.js' */

/**
 * Lets an adjuster whom the demo signed in take calls at once. Only the first time: a break that somebody takes later
 * outlives a reload, as it does for everybody.
 *
 * @param {{client: Client, signIn: SignIn, actions: Actions}} parts
 */
export function startDemo({ client, signIn, actions }) {
  client.on('welcome', ({ availability }) => {
    if (!signIn.inDemo || signIn.recall('demo.started')) return;
    signIn.remember('demo.started', 'yes');
    if (availability === 'away') actions.startUnasked();
  });
}
