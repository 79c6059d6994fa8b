import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settled } from './support/clock.js';
import { aCall, someStreams } from './support/calls.js';
import { FakeHub } from './support/hub.js';

/** @import { Frame } from '../sdk/core/wire.js' */

const CALL = 'abcdefghijklmnopqrstuvwxyz';

/** @param {Frame[]} frames */
const types = (frames) => frames.map(({ type }) => type);

test('each method sends its command and resolves with the data of the answer', async (t) => {
  /** @type {[string, (hub: FakeHub) => Promise<any>, object][]} */
  const table = [
    ['call.accept', ({ client }) => client.accept(CALL), { call: CALL }],
    ['call.reject', ({ client }) => client.reject(CALL, 'lunch'), { call: CALL, reason: 'lunch' }],
    ['call.reject', ({ client }) => client.reject(CALL), { call: CALL }],
    ['call.join', ({ client }) => client.join(CALL), { call: CALL }],
    ['call.cancel', ({ client }) => client.cancel(CALL), { call: CALL }],
    ['call.hangup', ({ client }) => client.hangup(CALL), { call: CALL }],
    ['call.invite', ({ client }) => client.invite({ user: 'zhang', claim_no: 'PA1' }), { user: 'zhang', claim_no: 'PA1' }],
    ['availability.set', ({ client }) => client.setAvailability('away'), { state: 'away' }],
    ['call.note', ({ client }) => client.note(CALL, '左前门'), { call: CALL, text: '左前门' }],
    ['token.refresh', ({ client }) => client.refreshToken('token-2'), { token: 'token-2' }],
  ];
  for (const [type, run, data] of table) {
    await t.test(type, async () => {
      const hub = new FakeHub();
      const socket = await hub.signsIn();
      const promise = run(hub);
      assert.equal(socket.last.type, type);
      assert.deepEqual(socket.last.data, data);
      socket.agrees({ some: 'answer' });
      assert.deepEqual(await promise, { some: 'answer' });
    });
  }
});

test('ids differ, and each answer finds its command', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  const first = hub.client.accept(CALL);
  const second = hub.client.setAvailability('away');
  const [, accept, set] = socket.received;
  assert.notEqual(accept.id, set.id);
  socket.says({ type: 'ok', id: set.id, data: { availability: 'away' } });
  socket.says({ type: 'ok', id: accept.id, data: { call: aCall({ state: 'connecting', version: 2 }) } });
  assert.equal((await first).call.version, 2);
  assert.deepEqual(await second, { availability: 'away' });
});

test('ids differ from those of the page before a reload', async () => {
  const ids = [];
  for (const random of [() => 0.1, () => 0.9]) {
    const hub = new FakeHub({ random });
    const socket = await hub.signsIn();
    hub.client.accept(CALL).catch(() => {});
    ids.push(socket.last.id);
  }
  assert.notEqual(ids[0], ids[1]);
});

test('an error answer rejects with code, message, retry and reason', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  const promise = hub.client.accept(CALL);
  socket.refuses('call_ended', { message: 'The call is over.', reason: 'canceled' });
  await assert.rejects(promise, {
    name: 'ClaimCallError',
    code: 'call_ended',
    message: 'The call is over.',
    retry: false,
    reason: 'canceled',
  });
});

test('an error without an id concerns nobody', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  const promise = hub.client.accept(CALL);
  socket.says({ type: 'error', data: { code: 'bad_json', message: '', retry: false } });
  socket.agrees();
  await promise;
});

test('no answer in time rejects with timeout; a late one is dropped', async () => {
  const hub = new FakeHub({ commandTimeoutMs: 5_000 });
  const socket = await hub.signsIn();
  const promise = assert.rejects(hub.client.hangup(CALL), { code: 'timeout', retry: true });
  await hub.clock.advance(5_000);
  await promise;
  socket.agrees({ call: aCall() });
  assert.equal(hub.client.state.call, null);
});

test('a command in flight when the socket dies is sent again, same id, same data', async () => {
  const hub = new FakeHub();
  const first = await hub.signsIn();
  const promise = hub.client.request({ claim_no: 'PA2026-0001', media: 'video' });
  const sent = first.last;
  assert.match(sent.data.request_id, /^[0-9a-z]{10,64}$/);
  first.ends(1006);
  await hub.clock.advance(250);
  const second = await hub.letsIn();
  assert.deepEqual(second.last, sent);
  second.agrees({ call: aCall({ state: 'queued', you: 'claimant' }) });
  assert.equal((await promise).call.state, 'queued');
  second.ends(1006);
  await hub.clock.advance(5_000);
  const third = await hub.letsIn();
  assert.deepEqual(types(third.received), ['hello'], 'what was answered is not repeated');
});

test('a command given while offline goes out after the welcome, in order', async () => {
  const hub = new FakeHub();
  const socket = await hub.dials();
  const set = hub.client.setAvailability('available');
  hub.client.accept(CALL).catch(() => {});
  socket.opens();
  assert.deepEqual(types(socket.received), ['hello']);
  socket.welcomes();
  assert.deepEqual(types(socket.received), ['hello', 'availability.set', 'call.accept']);
  socket.says({ type: 'ok', id: socket.received[1].id, data: { availability: 'available' } });
  await set;
});

test('a command given by a listener of welcome or state is sent once', async () => {
  const hub = new FakeHub();
  hub.client.on('welcome', () => void hub.client.join(CALL).catch(() => {}));
  const off = hub.client.on('state', ({ session }) => {
    if (!session) return;
    off();
    hub.client.setAvailability('available').catch(() => {});
  });
  const socket = await hub.signsIn();
  assert.deepEqual(types(socket.received), ['hello', 'availability.set', 'call.join']);
});

describe('no command outlives its meaning', () => {
  test('one that never went out says so', async () => {
    const hub = new FakeHub();
    await hub.dials();
    const refused = assert.rejects(hub.client.setAvailability('available'), { code: 'stale', retry: true });
    await hub.clock.advance(9_999);
    hub.client.hangup(CALL).catch(() => {});
    await hub.clock.advance(1);
    await refused;
    await hub.clock.advance(10_000);
    const socket = await hub.letsIn();
    assert.deepEqual(types(socket.received), ['hello', 'call.hangup'], 'a hang-up is meant for longer');
  });

  test('one that went out may have happened', async () => {
    const hub = new FakeHub();
    const socket = await hub.signsIn();
    const refused = assert.rejects(hub.client.setAvailability('available'), { code: 'timeout' });
    socket.ends(1006);
    await hub.clock.advance(10_000);
    await refused;
  });

  test('also when the machine slept and its timers are late', async () => {
    const hub = new FakeHub();
    const first = await hub.signsIn();
    first.ends(1006);
    const refused = assert.rejects(hub.client.setAvailability('available'), { code: 'stale' });
    hub.clock.sleep(60_000);
    hub.around?.back();
    const second = await hub.letsIn();
    await refused;
    assert.deepEqual(types(second.received), ['hello']);
  });

  test('the answer to a ring ends with the ring', async () => {
    const hub = new FakeHub();
    const socket = await hub.signsIn();
    socket.pushes('call.invite', { call: aCall(), expires_at: '2026-11-22T08:00:09.000Z' }); // the hub is 5 s ahead
    socket.ends(1006);
    const refused = assert.rejects(hub.client.accept(CALL), { code: 'stale' });
    await hub.clock.advance(4_000);
    await refused;
  });

  test('but an answer that went out in time may be heard when the ring is over', async () => {
    const hub = new FakeHub();
    const socket = await hub.signsIn();
    socket.pushes('call.invite', { call: aCall(), expires_at: '2026-11-22T08:00:06.000Z' }); // the hub is 5 s ahead
    const accepted = hub.client.accept(CALL);
    await hub.clock.advance(2_000);
    socket.agrees({ call: aCall({ version: 2, state: 'connecting' }) });
    assert.equal((await accepted).call.state, 'connecting');
  });

  test('nor is it sent again when the ring is over', async () => {
    const hub = new FakeHub();
    const first = await hub.signsIn();
    first.pushes('call.invite', { call: aCall(), expires_at: '2026-11-22T08:00:06.000Z' });
    const refused = assert.rejects(hub.client.accept(CALL), { code: 'timeout' });
    await hub.clock.advance(900);
    first.ends(1006);
    await hub.clock.advance(250);
    const second = await hub.letsIn();
    await refused;
    assert.deepEqual(types(second.received), ['hello']);
  });

  test('what may ring twice is not sent twice', async () => {
    const hub = new FakeHub();
    const first = await hub.signsIn();
    const lost = assert.rejects(hub.client.invite({ user: 'zhang', claim_no: 'PA1' }), { code: 'lost', retry: true });
    const kept = hub.client.accept(CALL);
    first.ends(1006);
    await lost;
    await hub.clock.advance(250);
    const second = await hub.letsIn();
    assert.deepEqual(types(second.received), ['hello', 'call.accept']);
    second.agrees({});
    await kept;
  });

  test('but it waits for a connection', async () => {
    const hub = new FakeHub();
    await hub.dials();
    hub.client.invite({ user: 'zhang', claim_no: 'PA1' }).catch(() => {});
    const socket = await hub.letsIn();
    assert.deepEqual(types(socket.received), ['hello', 'call.invite']);
  });

  test('a newer wish makes void what did not go out', async () => {
    const hub = new FakeHub();
    await hub.dials();
    const answers = [
      hub.client.setAvailability('available'),
      hub.client.note(CALL, 'first'),
      hub.client.note('another', 'kept'),
      hub.client.setAvailability('away'),
      hub.client.note(CALL, 'second'),
    ];
    const socket = await hub.letsIn();
    const sent = socket.received.slice(1);
    assert.deepEqual(sent.map(({ data }) => data.state ?? data.text), ['kept', 'away', 'second']);
    for (const { id } of sent) socket.says({ type: 'ok', id, data: { some: id } });
    const [first, , , last] = await Promise.all(answers);
    assert.equal(first, last);
  });

  test('measurements are sent now or never', async () => {
    const hub = new FakeHub();
    const call = aCall({ state: 'active' });
    const first = await hub.signsIn({ call, streams: someStreams(3) });
    const lost = assert.rejects(hub.client.reportStreams(CALL, { push: { level: 1 } }), { code: 'lost' });
    first.ends(1006);
    await lost;
    await hub.client.reportStreams(CALL, { push: { level: 1 } });
    await hub.clock.advance(250);
    const second = await hub.letsIn();
    assert.deepEqual(types(second.received), ['hello']);
  });
});

test('a slow answer puts the connection in doubt: the command reaches the hub by the next one', async () => {
  const hub = new FakeHub();
  const first = await hub.signsIn();
  const accepted = hub.client.accept(CALL);
  await hub.clock.advance(3_000);
  assert.equal(first.last.type, 'ping');
  await hub.clock.advance(4_250);
  const second = await hub.letsIn();
  assert.deepEqual(types(second.received), ['hello', 'call.accept']);
  second.agrees({});
  await accepted;
});

test('the time-out goes on while the connection is away', async () => {
  const hub = new FakeHub({ commandTimeoutMs: 5_000, random: () => 0.999 });
  const socket = await hub.signsIn();
  const promise = assert.rejects(hub.client.accept(CALL), { code: 'timeout' });
  socket.ends(1006);
  await hub.clock.advance(5_000);
  await promise;
});

test('a request may be given again under its own request_id', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  hub.client.request({ claim_no: 'PA1', request_id: 'mine' }).catch(() => {});
  assert.deepEqual(socket.last.data, { claim_no: 'PA1', request_id: 'mine' });
});

test('request ids differ', () => {
  const { client } = new FakeHub({ random: Math.random });
  const ids = new Set(Array.from({ length: 1_000 }, () => client.newId()));
  assert.equal(ids.size, 1_000);
});

test('streams.refresh names the generation that failed', async () => {
  const hub = new FakeHub();
  const call = aCall({ state: 'active' });
  const socket = await hub.signsIn({ call, streams: someStreams(3) });
  const promise = hub.client.refreshStreams(CALL, 'play_failed');
  assert.deepEqual(socket.last.data, { call: CALL, why: 'play_failed', generation: 3 });
  socket.agrees({ call: { ...call, version: 2 }, streams: someStreams(4) });
  await promise;
  assert.equal(hub.client.state.streams?.generation, 4);
});

test('a refreshed token is the one of the next hello', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  const promise = hub.client.refreshToken('token-2');
  socket.agrees();
  await promise;
  socket.ends(1006);
  await hub.clock.advance(250);
  hub.socket.opens();
  assert.equal(hub.socket.last.data.token, 'token-2');
});

test('when it is over for good, what is unanswered fails, and so does what comes after', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  const inFlight = assert.rejects(hub.client.accept(CALL), { code: 'closed', retry: false });
  socket.ends(4507, 'revoked');
  await inFlight;
  await assert.rejects(hub.client.hangup(CALL), { code: 'closed' });
  assert.equal(hub.clock.pending, 0);
});

test('events reach listeners after the state has taken them, until they are taken away', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  /** @type {string[]} */
  const log = [];
  const off = hub.client.on('call.invite', ({ call }) => {
    log.push(`${call.id} with ${hub.client.state.invites.length} invite`);
  });
  hub.client.on('state', () => log.push('state'));
  socket.pushes('call.invite', { call: aCall(), expires_at: '2026-11-22T08:00:30.000Z' });
  assert.deepEqual(log, ['state', `${CALL} with 1 invite`]);
  off();
  socket.pushes('call.invite', { call: aCall({ version: 2 }), expires_at: '2026-11-22T08:00:30.000Z' });
  assert.deepEqual(log.slice(2), ['state']);
});

test('an event of a later version of the wire is handed on and harms nothing', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  const before = hub.client.state;
  socket.pushes('weather', { sunny: true });
  assert.equal(hub.client.state, before);
});

test('whoever watches the queue watches it again in a new session, and not in one that went on', async () => {
  const hub = new FakeHub();
  const first = await hub.signsIn();
  const watching = hub.client.watchQueue(true);
  first.agrees({ queue: { total: 0, waiting: [] } });
  await watching;
  for (const [resumed, wanted] of /** @type {const} */ ([[true, ['hello']], [false, ['hello', 'queue.watch']]])) {
    hub.socket.ends(1006);
    await hub.clock.advance(10_000);
    const next = await hub.letsIn({ resumed });
    assert.deepEqual(types(next.received), wanted);
  }
});

test('signing out tells the hub, forgets the session and ends the connection', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  const out = hub.client.signOut();
  assert.equal(socket.last.type, 'session.end');
  socket.ends(4509, 'signed_out');
  await out;
  assert.equal(hub.status, 'closed');
  assert.equal(hub.client.resume, undefined);
});

test('signing out without a connection ends it here', async () => {
  const hub = new FakeHub();
  await hub.dials();
  await hub.client.signOut();
  assert.equal(hub.status, 'closed');
});

test('after call.accept it pings at once, to learn the pace of a call', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  socket.pushes('call.accept', { call: aCall({ state: 'connecting' }) });
  assert.equal(socket.last.type, 'ping');
  socket.pongs(10_000);
  await hub.clock.advance(10_000);
  assert.equal(types(socket.received).filter((type) => type === 'ping').length, 2);
  await settled();
});
