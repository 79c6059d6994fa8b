import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seat } from '../ui/seat.js';
import { settled } from './support/clock.js';
import { aCall, someStreams } from './support/calls.js';
import { FakeHub } from './support/hub.js';

/** @import { CallView } from '../sdk/core/wire.js' */

/** @param {string} [seat] */
function aTab(seat) {
  const kept = new Map(seat ? [['seat', seat]] : []);
  return {
    kept,
    recall: (/** @type {string} */ name) => kept.get(name) ?? null,
    remember: (/** @type {string} */ name, /** @type {string} */ value) => void kept.set(name, value),
  };
}

/**
 * @param {boolean} joined
 * @param {Partial<CallView>} [more]
 */
function running(joined, more) {
  const call = aCall({ version: 4, state: joined ? 'active' : 'connecting', ...more });
  return { ...call, legs: { ...call.legs, adjuster: { user: 'li', name: '李工', joined, link: /** @type {const} */ ('up') } } };
}

/** @param {FakeHub} hub */
const joins = (hub) => hub.socket.received.filter(({ type }) => type === 'call.join').length;

test('the page that accepted joins by itself, once', async () => {
  const hub = new FakeHub();
  const seat = new Seat(hub.client, aTab());
  const socket = await hub.signsIn();
  seat.reserve(aCall().id);
  socket.pushes('call.accept', { call: running(false) });
  socket.pushes('call.peer', { call: running(false, { version: 5 }), leg: 'claimant', link: 'lost' });
  assert.equal(joins(hub), 1);
  socket.agrees({ call: running(true, { version: 6 }) });
  await settled();
  assert.equal(joins(hub), 1);
  assert.ok(seat.holds(aCall()));
});

test('a page that did not accept stays out', async () => {
  const hub = new FakeHub();
  const seat = new Seat(hub.client, aTab());
  const socket = await hub.signsIn();
  socket.pushes('call.accept', { call: running(false) });
  assert.equal(joins(hub), 0);
  assert.equal(seat.holds(aCall()), false);
});

test('a reload within the session keeps its leg and does not join again', async () => {
  const hub = new FakeHub();
  const seat = new Seat(hub.client, aTab(aCall().id));
  await hub.signsIn({ resumed: true, call: running(true), streams: someStreams(2) });
  assert.equal(joins(hub), 0);
  assert.ok(seat.holds(aCall()));
});

test('a reload into a new session takes the leg back', async () => {
  const hub = new FakeHub();
  const seat = new Seat(hub.client, aTab(aCall().id));
  await hub.signsIn({ resumed: false, call: running(true) });
  assert.equal(joins(hub), 1);
  assert.ok(seat.holds(aCall()));
});

test('a page gives way when another device joins', async () => {
  const hub = new FakeHub();
  const tab = aTab();
  const seat = new Seat(hub.client, tab);
  const socket = await hub.signsIn();
  seat.reserve(aCall().id);
  socket.pushes('call.accept', { call: running(false) });
  socket.pushes('call.joined', { call: running(true, { version: 5 }), leg: 'adjuster' });
  assert.ok(seat.holds(aCall()), 'that was its own');
  socket.pushes('call.joined', { call: running(true, { version: 6 }), leg: 'claimant' });
  assert.ok(seat.holds(aCall()), 'that was the other side');
  socket.pushes('call.joined', { call: running(true, { version: 7 }), leg: 'adjuster' });
  assert.equal(seat.holds(aCall()), false);
  assert.equal(tab.kept.get('seat'), '');
});

test('a page that was away learns that another device took the leg', async () => {
  const hub = new FakeHub();
  const seat = new Seat(hub.client, aTab(aCall().id));
  await hub.signsIn({ resumed: true, call: running(true) });
  assert.equal(seat.holds(aCall()), false);
  assert.equal(joins(hub), 0);
});

test('take moves the call here, also when the hub refuses at first', async () => {
  const hub = new FakeHub();
  const seat = new Seat(hub.client, aTab());
  const socket = await hub.signsIn({ call: running(true) });
  const refused = seat.take(running(true));
  socket.refuses('unavailable', { retry: true });
  await refused;
  const taken = seat.take(running(true));
  socket.agrees({ call: running(true, { version: 5 }) });
  await taken;
  assert.equal(joins(hub), 2);
  assert.ok(seat.holds(aCall()));
});
