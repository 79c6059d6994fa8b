import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { initialState, reduce } from '../sdk/core/state.js';
import { aCall, someStreams } from './support/calls.js';

/** @import { Action, State } from '../sdk/core/state.js' */
/** @import { CallView, Welcome } from '../sdk/core/wire.js' */

const EXPIRES = '2026-11-22T08:00:30.000Z';
const NOW = Date.parse('2026-11-22T08:00:00.000Z');

/**
 * @param {Partial<Welcome>} [more]
 * @returns {Action}
 */
const welcome = (more) => ({
  type: 'welcome',
  now: NOW,
  data: {
    session: 's1',
    resume: 'secret',
    resumed: false,
    user: { id: 'li', role: 'adjuster', name: '李工' },
    time: '2026-11-22T08:00:01.500Z',
    heartbeat_ms: 30_000,
    ...more,
  },
});

/**
 * @param {string} name
 * @param {object} data
 * @returns {Action}
 */
const event = (name, data) => ({ type: 'event', name, data });

/**
 * @param {string} command
 * @param {object} data
 * @returns {Action}
 */
const answer = (command, data) => ({ type: 'answer', command, data });

/** @param {CallView} call */
const invited = (call) => event('call.invite', { call, expires_at: EXPIRES });

/**
 * @param {State} state
 * @param {Action[]} actions
 */
const after = (state, ...actions) => actions.reduce(reduce, state);

/** @param {Action[]} actions */
const from = (...actions) => after(initialState, ...actions);

/** @param {Partial<CallView>} [more] */
const ended = (more) => aCall({ version: 9, state: 'ended', end: { reason: 'hangup', by: 'claimant' }, ...more });

describe('call.profile', () => {
  const call = aCall({ state: 'active', version: 2, you: 'claimant' });
  const lower = { ...someStreams(1).profile, max_bitrate_kbps: 400 };
  const before = from(welcome({ call, streams: someStreams(1) }));

  test('changes what this side pushes with', () => {
    const state = after(before, event('call.profile', { call: { ...call, version: 3 }, leg: 'claimant', quality: 'weak', profile: lower }));
    assert.equal(state.streams?.profile.max_bitrate_kbps, 400);
    assert.equal(state.streams?.push[0].url, someStreams(1).push[0].url);
  });

  test('of the other side only shows', () => {
    const state = after(before, event('call.profile', { call: { ...call, version: 3 }, leg: 'adjuster', quality: 'weak', profile: lower }));
    assert.equal(state.streams, before.streams);
    assert.equal(state.call?.version, 3);
  });
});

describe('welcome', () => {
  test('a store that lost its last moments shows the call as it was before them', () => {
    const before = from(welcome(), event('call.accept', { call: aCall({ state: 'active', version: 9 }) }));
    const state = after(before, welcome({ call: aCall({ state: 'connecting', version: 7 }) }));
    assert.deepEqual([state.call?.state, state.call?.version], ['connecting', 7]);
  });

  test('gives session, clock offset and availability', () => {
    const state = from(welcome({ availability: 'away' }));
    assert.deepEqual(state.session, { id: 's1', user: { id: 'li', role: 'adjuster', name: '李工' } });
    assert.equal(state.clockOffsetMs, 1_500);
    assert.deepEqual(state.availability, { state: 'away' });
  });

  test('brings the running call and its streams', () => {
    const state = from(welcome({ call: aCall({ state: 'active', version: 4 }), streams: someStreams(2) }));
    assert.equal(state.call?.state, 'active');
    assert.equal(state.streams?.generation, 2);
  });

  test('is a snapshot: what it does not mention is over', () => {
    const busy = from(welcome({ call: aCall({ state: 'active' }), streams: someStreams(1) }), invited(aCall({ id: 'other' })));
    const state = after(busy, welcome());
    assert.deepEqual([state.call, state.streams, state.queue, state.invites], [null, null, null, []]);
  });

  test('keeps an ended call, whose result may still be on the screen', () => {
    const state = from(welcome(), event('call.accept', { call: aCall({ version: 2 }) }), event('call.hangup', { call: ended() }), welcome());
    assert.equal(state.call?.end?.reason, 'hangup');
  });

  test('followed by the end of a call that ended meanwhile', () => {
    const state = from(
      welcome({ call: aCall({ state: 'active', version: 4 }) }),
      welcome({ resumed: true }),
      event('call.hangup', { call: ended(), reason: 'lost', by: 'hub' }),
    );
    assert.equal(state.call?.state, 'ended');
  });
});

describe('invites', () => {
  test('ring until accepted here', () => {
    const ringing = from(welcome(), invited(aCall()));
    assert.deepEqual(ringing.invites, [{ call: aCall(), expiresAt: EXPIRES }]);
    assert.equal(ringing.call, null);
    const accepted = after(ringing, answer('call.accept', { call: aCall({ version: 2, state: 'connecting' }) }));
    assert.deepEqual(accepted.invites, []);
    assert.equal(accepted.call?.state, 'connecting');
  });

  test('are withdrawn with a reason, which the next invite clears', () => {
    const state = from(
      welcome(),
      invited(aCall()),
      event('call.withdrawn', { call: aCall({ version: 2 }), reason: 'answered_elsewhere' }),
    );
    assert.deepEqual(state.invites, []);
    assert.deepEqual(state.withdrawn, { call: aCall().id, reason: 'answered_elsewhere' });
    assert.equal(after(state, invited(aCall({ id: 'next' }))).withdrawn, null);
  });

  test('of the same call replace one another', () => {
    const state = from(welcome(), invited(aCall()), invited(aCall({ version: 3 })));
    assert.deepEqual(state.invites.map(({ call }) => call.version), [3]);
  });

  test('that arrive late do not ring', () => {
    const state = from(
      welcome(),
      event('call.withdrawn', { call: aCall({ version: 3 }), reason: 'canceled' }),
      invited(aCall({ version: 2 })),
    );
    assert.deepEqual(state.invites, []);
  });

  test('that were in welcome as a ringing call go away whole', () => {
    const state = from(
      welcome({ call: aCall() }),
      invited(aCall()),
      event('call.withdrawn', { call: aCall({ version: 2 }), reason: 'canceled' }),
    );
    assert.deepEqual([state.call, state.invites], [null, []]);
  });
});

describe('the queue', () => {
  const queued = aCall({ state: 'queued', you: 'claimant' });

  test('position and wait are known while the call is queued', () => {
    const waiting = from(welcome(), event('call.queued', { call: queued, position: 3, wait_ms: 90_000 }));
    assert.deepEqual(waiting.queue, { position: 3, waitMs: 90_000 });
    const moved = after(waiting, event('call.queued', { call: queued, position: 2, wait_ms: 60_000 }));
    assert.equal(moved.queue?.position, 2, 'the same version may bring a new position');
    const ringing = after(moved, event('call.ringing', { call: { ...queued, version: 2, state: 'ringing' } }));
    assert.equal(ringing.queue, null);
  });

  test('the answer to call.request does not wipe out a position that came first', () => {
    const state = from(
      welcome(),
      event('call.queued', { call: queued, position: 1, wait_ms: 0 }),
      answer('call.request', { call: queued }),
    );
    assert.equal(state.queue?.position, 1);
  });
});

describe('the connection', () => {
  const ringing = from(welcome(), { type: 'watch', on: true }, invited(aCall()));

  test('may come back: the ring goes on', () => {
    const state = after(ringing, { type: 'connection', status: { status: 'waiting', attempt: 1 } });
    assert.equal(state.invites.length, 1);
  });

  test('does not come back: nothing rings', () => {
    const state = after(ringing, { type: 'connection', status: { status: 'closed', attempt: 0 } });
    assert.deepEqual([state.invites, state.backlog, state.session?.user.id], [[], null, 'li']);
  });

  test('of somebody who signed out leaves nothing behind', () => {
    const closed = /** @type {const} */ ({ status: 'closed', attempt: 0 });
    const state = after(ringing, { type: 'connection', status: closed }, { type: 'forget' });
    assert.deepEqual(state, { ...initialState, connection: closed });
  });
});

describe('the backlog', () => {
  const one = { total: 1, waiting: [{ call: 'a', claim_no: 'PA1', queue: 'default', media: 'video', since: EXPIRES, link: 'up' }] };
  const none = { total: 0, waiting: [] };
  const watching = from(welcome(), { type: 'watch', on: true });

  test('comes with the answer, and then with events', () => {
    const known = after(watching, answer('queue.watch', { queue: one }));
    assert.deepEqual(known.backlog, one);
    assert.deepEqual(after(known, event('queue', { queue: none })).backlog, none);
  });

  test('is not set back by an answer that events have overtaken', () => {
    const state = after(watching, event('queue', { queue: none }), answer('queue.watch', { queue: one }));
    assert.deepEqual(state.backlog, none);
  });

  test('goes when nobody watches, and what is still on its way is not taken', () => {
    const state = after(watching, event('queue', { queue: one }), { type: 'watch', on: false });
    assert.equal(state.backlog, null);
    assert.equal(after(state, event('queue', { queue: one })), state);
  });

  test('stays through a resume and goes with the session', () => {
    const known = after(watching, event('queue', { queue: one }));
    assert.deepEqual(after(known, welcome({ resumed: true })).backlog, one);
    assert.equal(after(known, welcome({ resumed: false })).backlog, null);
    assert.equal(after(known, welcome({ resumed: false })).watching, true);
  });
});

describe('notes', () => {
  test('on the present call are shown', () => {
    const active = aCall({ state: 'active', version: 4 });
    const state = after(from(welcome({ call: active })), answer('call.note', { call: { ...active, version: 5, notes: '左前门' } }));
    assert.equal(state.call?.notes, '左前门');
  });

  test('on a call of long ago bring it back nowhere', () => {
    const state = from(welcome());
    assert.equal(after(state, answer('call.note', { call: ended({ id: 'old' }) })), state);
  });
});

describe('versions', () => {
  test('an older view changes nothing', () => {
    const active = from(welcome(), event('call.joined', { call: aCall({ version: 5, state: 'active' }), leg: 'adjuster' }));
    assert.equal(after(active, event('call.accept', { call: aCall({ version: 3, state: 'connecting' }) })), active);
  });

  test('an answer that was overtaken by an event changes nothing', () => {
    const over = from(welcome(), event('call.accept', { call: aCall({ version: 2 }) }), event('call.hangup', { call: ended() }));
    assert.equal(after(over, answer('call.accept', { call: aCall({ version: 3, state: 'connecting' }) })), over);
  });

  test('a late event of an ended call does not revive it after the next one', () => {
    const next = aCall({ id: 'next', version: 2, state: 'connecting' });
    const state = from(
      welcome(),
      event('call.accept', { call: aCall({ version: 2, state: 'connecting' }) }),
      event('call.hangup', { call: ended() }),
      event('call.accept', { call: next }),
    );
    assert.equal(after(state, event('call.peer', { call: aCall({ version: 5, state: 'active' }), leg: 'claimant', link: 'lost' })), state);
    assert.equal(state.call?.id, 'next');
  });

  test('the end of another call does not displace the present one', () => {
    const state = from(welcome({ call: aCall({ state: 'active', version: 4 }) }), event('call.hangup', { call: ended({ id: 'other' }) }));
    assert.equal(state.call?.id, aCall().id);
    assert.equal(state.call?.state, 'active');
  });

  test('only recent calls are remembered', () => {
    const calls = Array.from({ length: 40 }, (_, i) => invited(aCall({ id: `call${i}` })));
    const { versions } = from(welcome(), ...calls);
    assert.equal(Object.keys(versions).length, 16);
    assert.ok('call39' in versions && !('call0' in versions));
  });
});

describe('streams', () => {
  const active = aCall({ version: 4, state: 'active' });
  const running = from(welcome({ call: active }), event('call.streams', { call: active, streams: someStreams(2) }));

  test('a newer generation replaces an older one, never the other way round', () => {
    const newer = after(running, event('call.streams', { call: { ...active, version: 5 }, streams: someStreams(3) }));
    assert.equal(newer.streams?.generation, 3);
    const late = after(newer, event('call.streams', { call: { ...active, version: 5 }, streams: someStreams(2) }));
    assert.equal(late.streams?.generation, 3);
  });

  test('they stay through news of the same call and go with its end', () => {
    const peer = after(running, event('call.peer', { call: { ...active, version: 5 }, leg: 'claimant', link: 'lost' }));
    assert.equal(peer.streams?.generation, 2);
    assert.equal(after(peer, event('call.hangup', { call: ended() })).streams, null);
  });

  test('of an ended call are not taken', () => {
    const over = after(running, event('call.hangup', { call: ended() }));
    const late = after(over, answer('streams.refresh', { call: ended(), streams: someStreams(5) }));
    assert.equal(late.streams, null);
  });

  test('another call starts without them', () => {
    const next = after(running, event('call.accept', { call: aCall({ id: 'next', state: 'connecting' }) }));
    assert.equal(next.streams, null);
  });
});

test('availability comes as an event with a reason, and as an answer', () => {
  const away = from(welcome({ availability: 'available' }), event('availability', { state: 'away', reason: 'missed' }));
  assert.deepEqual(away.availability, { state: 'away', reason: 'missed' });
  const back = after(away, answer('availability.set', { availability: 'available' }));
  assert.deepEqual(back.availability, { state: 'available' });
  const resting = after(back, answer('availability.set', { availability: 'wrap_up', until: EXPIRES }));
  assert.deepEqual(resting.availability, { state: 'wrap_up', until: EXPIRES });
});

test('answers without a view, and unknown events, change nothing', () => {
  const state = from(welcome());
  assert.equal(after(state, answer('token.refresh', {})), state);
  assert.equal(after(state, event('weather', { sunny: true })), state);
});

test('states are never changed in place', () => {
  const deepFreeze = (/** @type {any} */ value) => {
    if (value && typeof value === 'object') Object.values(Object.freeze(value)).forEach(deepFreeze);
    return value;
  };
  const actions = [
    welcome({ availability: 'available' }),
    invited(aCall()),
    event('call.accept', { call: aCall({ version: 2, state: 'connecting' }) }),
    event('call.streams', { call: aCall({ version: 3, state: 'active' }), streams: someStreams(1) }),
    event('call.hangup', { call: ended() }),
  ];
  let state = deepFreeze(initialState);
  for (const action of actions) state = deepFreeze(reduce(state, deepFreeze(action)));
  assert.equal(state.call.state, 'ended');
});
