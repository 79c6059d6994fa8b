import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { screenOf as consoleScreen } from '../console/screen.js';
import { initialState } from '../sdk/core/state.js';
import { aCall } from './support/calls.js';

/** @import { State } from '../sdk/core/state.js' */

/** @type {State} */
const signedIn = {
  ...initialState,
  connection: { status: 'online', attempt: 0 },
  session: { id: 's1', user: { id: 'li', role: 'adjuster', name: '李工' } },
};
const invites = [{ call: aCall(), expiresAt: '2026-11-22T08:00:30.000Z' }];
const here = { holds: () => true, dismissed: null, elsewhere: null };
const there = { holds: () => false, dismissed: null, elsewhere: aCall({ state: 'active' }) };
const lost = /** @type {const} */ ({ status: 'waiting', attempt: 1, retryMs: 500 });

for (const [name, screenOf, rest] of /** @type {const} */ ([
  ['console', consoleScreen, 'idle'],
])) {
  describe(name, () => {
    /** @type {[string, State, Parameters<typeof consoleScreen>[1], string][]} */
    const table = [
      ['nobody signed in', initialState, here, 'signin'],
      ['first attempt', { ...initialState, connection: { status: 'connecting', attempt: 0 } }, here, 'connecting'],
      ['first attempt failed', { ...initialState, connection: lost }, here, 'connecting'],
      ['ended for good', { ...signedIn, connection: { status: 'closed', attempt: 0 } }, here, 'closed'],
      ['nothing to do', signedIn, here, rest],
      ['an invite', { ...signedIn, invites }, here, 'ringing'],
      ['accepted', { ...signedIn, call: aCall({ state: 'connecting' }) }, here, 'call'],
      ['active', { ...signedIn, call: aCall({ state: 'active' }) }, here, 'call'],
      ['active, connection lost', { ...signedIn, connection: lost, call: aCall({ state: 'active' }) }, here, 'call'],
      ['active on another device', { ...signedIn, call: aCall({ state: 'active' }) }, there, 'elsewhere'],
      ['answered on another device, which is all that is known', signedIn, there, 'elsewhere'],
      ['active, and a late invite', { ...signedIn, invites, call: aCall({ state: 'active' }) }, here, 'call'],
      ['ended', { ...signedIn, call: aCall({ state: 'ended' }) }, here, 'ended'],
      ['ended and read', { ...signedIn, call: aCall({ state: 'ended' }) }, { ...here, dismissed: aCall().id }, rest],
      ['ended, and the next invite', { ...signedIn, invites, call: aCall({ state: 'ended' }) }, here, 'ringing'],
    ];
    for (const [situation, state, page, screen] of table) {
      test(`${situation}: ${screen}`, () => assert.equal(screenOf(state, page), screen));
    }
  });
}

test('an adjuster who calls a claimant sees the call, not the ring', () => {
  assert.equal(consoleScreen({ ...signedIn, call: aCall({ state: 'ringing' }) }, here), 'call');
  assert.equal(consoleScreen({ ...signedIn, invites, call: aCall({ state: 'ringing' }) }, here), 'ringing');
});
