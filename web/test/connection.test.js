import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ClaimCallError, comesBack } from '../sdk/index.js';
import { settled } from './support/clock.js';
import { FakeHub } from './support/hub.js';

/** @import { Frame } from '../sdk/core/wire.js' */

test('hello comes first and alone carries the token', async () => {
  const hub = new FakeHub({ device: 'iPhone', lang: 'zh-CN', client: 'console/1' });
  const socket = await hub.dials();
  assert.equal(hub.status, 'connecting');
  assert.equal(socket.url, 'wss://hub.test/ws');
  assert.deepEqual(socket.received, [], 'nothing before the socket is open');
  socket.opens();
  assert.equal(socket.received.length, 1);
  assert.equal(socket.last.type, 'hello');
  assert.deepEqual(socket.last.data, {
    token: 'token-1',
    device: 'iPhone',
    lang: 'zh-CN',
    client: 'console/1',
  });
});

test('welcome makes it online and gives session, clock and resume secret', async () => {
  const hub = new FakeHub();
  await hub.signsIn();
  const { state } = hub.client;
  assert.deepEqual(state.connection, { status: 'online', attempt: 0 });
  assert.deepEqual(state.session, { id: 's1', user: { id: 'li', role: 'adjuster', name: '李工' } });
  assert.equal(state.clockOffsetMs, 5_000);
  assert.equal(hub.client.resume, 'secret-1');
});

test('connect twice dials once', async () => {
  const hub = new FakeHub();
  hub.client.connect();
  await hub.signsIn();
  hub.client.connect();
  await settled();
  assert.equal(hub.sockets.length, 1);
});

test('a token function is asked before each attempt', async () => {
  const tokens = ['first', 'second'];
  const hub = new FakeHub({ token: async () => tokens.shift() ?? '' });
  const first = await hub.dials();
  first.opens();
  assert.equal(first.last.data.token, 'first');
  first.ends(1006);
  await hub.clock.advance(250);
  hub.socket.opens();
  assert.equal(hub.socket.last.data.token, 'second');
});

test('a token that cannot be had now is asked for again, one that never will be is not', async () => {
  const failures = [new Error('offline'), new ClaimCallError('unauthorized', 'signed out')];
  const hub = new FakeHub({
    token: () => {
      throw failures.shift();
    },
  });
  hub.client.connect();
  await settled();
  assert.equal(hub.status, 'waiting');
  await hub.clock.advance(250);
  assert.deepEqual(hub.client.state.connection, { status: 'closed', attempt: 1, code: 0, reason: 'unauthorized' });
  assert.equal(hub.sockets.length, 0);
});

test('after a loss it comes back with the resume secret of the last welcome', async () => {
  const hub = new FakeHub({ resume: 'from the last page' });
  const first = await hub.signsIn({ resume: 'secret-7' });
  assert.equal(first.received[0].data.resume, 'from the last page');
  first.ends(1006);
  assert.deepEqual(hub.client.state.connection, {
    status: 'waiting',
    attempt: 1,
    retryMs: 250,
    code: 1006,
    reason: '',
  });
  await hub.clock.advance(249);
  assert.equal(hub.sockets.length, 1);
  await hub.clock.advance(1);
  const second = await hub.letsIn();
  assert.equal(second.received[0].data.resume, 'secret-7');
  assert.equal(hub.status, 'online');
});

test('waits grow while the hub is away, and shrink only after an answered ping', async () => {
  const hub = new FakeHub();
  await hub.dials();
  const waits = [];
  for (let i = 0; i < 4; i += 1) {
    hub.socket.ends(1006);
    waits.push(hub.client.state.connection.retryMs);
    await hub.clock.advance(waits[i] ?? 0);
  }
  assert.deepEqual(waits, [250, 500, 1_000, 2_000]);

  let socket = await hub.letsIn();
  socket.ends(1006);
  assert.equal(hub.client.state.connection.retryMs, 4_000, 'a greeting proves nothing');

  await hub.clock.advance(4_000);
  socket = await hub.letsIn();
  await hub.clock.advance(30_000);
  socket.pongs(30_000);
  socket.ends(1006);
  assert.equal(hub.client.state.connection.retryMs, 250);
});

test('pings follow heartbeat_ms, then next_ms', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn({ heartbeat_ms: 20_000 });
  await hub.clock.advance(19_999);
  assert.equal(socket.received.length, 1);
  await hub.clock.advance(1);
  assert.deepEqual(socket.last, { type: 'ping', id: 'ping', data: {} });
  socket.pongs(10_000);
  await hub.clock.advance(10_000);
  assert.equal(socket.received.filter(({ type }) => type === 'ping').length, 2);
});

test('a pong that does not come ends the socket and dials a new one', async () => {
  const hub = new FakeHub({ pongTimeoutMs: 8_000 });
  const first = await hub.signsIn();
  await hub.clock.advance(30_000);
  await hub.clock.advance(7_999);
  assert.equal(hub.status, 'online');
  await hub.clock.advance(1);
  assert.equal(hub.client.state.connection.reason, 'pong_timeout');
  assert.ok(first.closed);
  await hub.clock.advance(250);
  assert.equal(hub.sockets.length, 2);
});

test('an attempt without a welcome in time is given up', async () => {
  const hub = new FakeHub({ connectTimeoutMs: 10_000 });
  const first = await hub.dials();
  first.opens();
  await hub.clock.advance(10_000);
  assert.equal(hub.client.state.connection.reason, 'connect_timeout');
  assert.ok(first.closed);
});

test('close codes say whether to come back', async (t) => {
  for (const code of [1000, 1001, 1006, 1011, 4000, 4004, 4499]) {
    await t.test(`${code}: back`, async () => {
      const hub = new FakeHub();
      const socket = await hub.signsIn();
      socket.ends(code, 'why');
      assert.equal(hub.status, 'waiting');
      await hub.clock.advance(250);
      assert.equal(hub.sockets.length, 2);
    });
  }
  for (const code of [4500, 4501, 4505, 4999]) {
    await t.test(`${code}: for good`, async () => {
      const hub = new FakeHub();
      const socket = await hub.signsIn();
      socket.ends(code, 'why');
      assert.deepEqual(hub.client.state.connection, { status: 'closed', attempt: 0, code, reason: 'why' });
      await hub.clock.advance(60_000);
      assert.equal(hub.sockets.length, 1);
      assert.equal(hub.clock.pending, 0, 'no timer is left behind');
    });
  }
  assert.ok(comesBack(4499) && !comesBack(4500) && !comesBack(4999) && comesBack(5000));
});

test('bye sets the wait before coming back', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  socket.pushes('bye', { code: 4000, reconnect: true, after_ms: 3_700 });
  socket.ends(4000, 'going_away');
  assert.equal(hub.client.state.connection.retryMs, 3_700);
  await hub.clock.advance(3_700);
  const second = await hub.letsIn();
  second.ends(1006);
  assert.equal(hub.client.state.connection.retryMs, 250, 'an old bye is forgotten');
});

test('bye without reconnect holds even if the close code gets lost', async () => {
  const hub = new FakeHub();
  const socket = await hub.signsIn();
  socket.pushes('bye', { code: 4507, reconnect: false, after_ms: 0 });
  socket.ends(1006);
  assert.equal(hub.status, 'closed');
});

test('a refused hello ends it, unless the hub says to retry', async () => {
  const hub = new FakeHub();
  let socket = await hub.dials();
  socket.opens();
  socket.refuses('unavailable', { retry: true });
  assert.equal(hub.status, 'waiting');
  await hub.clock.advance(250);
  socket = hub.socket;
  socket.opens();
  socket.refuses('token_expired');
  assert.deepEqual(hub.client.state.connection, { status: 'closed', attempt: 1, code: 0, reason: 'token_expired' });
  assert.ok(socket.closed);
});

test('whatever an older socket still reports is ignored', async () => {
  const hub = new FakeHub();
  const old = await hub.signsIn();
  await hub.clock.advance(30_000);
  await hub.clock.advance(8_250);
  const young = await hub.letsIn({ session: 's2' });
  const before = hub.client.state;
  old.opens();
  old.welcomes({ session: 's1', resume: 'stale' });
  old.pushes('availability', { state: 'away' });
  old.ends(4500, 'unauthorized');
  assert.equal(hub.client.state, before);
  assert.equal(hub.client.resume, 'secret-1');
  assert.equal(young.closed, false);
  assert.equal(old.received.length, 2, 'its late opening sends no second hello');
});

test('a token that arrives after its attempt was given up opens no socket', async () => {
  /** @type {(token: string) => void} */
  let deliver = () => {};
  const hub = new FakeHub({
    token: () =>
      new Promise((resolve) => {
        deliver = resolve;
      }),
  });
  hub.client.connect();
  await settled();
  hub.client.close();
  deliver('late');
  await settled();
  assert.equal(hub.sockets.length, 0);
});

test('close is for good; connect starts again', async () => {
  const hub = new FakeHub();
  const first = await hub.signsIn();
  hub.client.close();
  assert.ok(first.closed);
  assert.equal(hub.status, 'closed');
  assert.equal(hub.clock.pending, 0);
  first.ends(1000);
  await hub.clock.advance(60_000);
  assert.equal(hub.sockets.length, 1);
  await hub.signsIn();
  assert.equal(hub.status, 'online');
});

describe('what goes on around', () => {
  const pings = (/** @type {{received: Frame[]}} */ { received }) => received.filter(({ type }) => type === 'ping').length;

  test('coming back ends a pause', async () => {
    const hub = new FakeHub();
    const first = await hub.signsIn();
    first.ends(1006);
    hub.around?.back();
    await hub.letsIn();
    assert.equal(hub.status, 'online');
  });

  test('coming back tests a link that looks alive, once, and sooner than usual', async () => {
    const hub = new FakeHub();
    const socket = await hub.signsIn();
    hub.around?.back();
    hub.client.wake();
    assert.equal(pings(socket), 1, 'one ping is enough');
    await hub.clock.advance(4_000);
    assert.equal(hub.client.state.connection.reason, 'pong_timeout');
    await hub.clock.advance(250);
    await hub.letsIn();
    assert.equal(hub.status, 'online');
  });

  test('a ping that is under way is given less time when there is doubt', async () => {
    const hub = new FakeHub();
    const socket = await hub.signsIn();
    await hub.clock.advance(30_000);
    hub.around?.back();
    assert.equal(pings(socket), 1);
    await hub.clock.advance(4_000);
    assert.equal(hub.status, 'waiting');
  });

  test('a link that answers is kept', async () => {
    const hub = new FakeHub();
    const socket = await hub.signsIn();
    hub.around?.back();
    socket.pongs(30_000);
    await hub.clock.advance(29_999);
    assert.equal(hub.status, 'online');
    assert.equal(hub.sockets.length, 1);
  });

  test('after a sleep that the hub did not wait for, it dials at once', async () => {
    const hub = new FakeHub();
    const socket = await hub.signsIn();
    hub.clock.sleep(75_001);
    hub.around?.back();
    await settled();
    assert.equal(hub.sockets.length, 2);
    assert.ok(socket.closed);
    assert.equal(pings(socket), 0);
  });

  test('a heartbeat that is so late does not ask a socket that the hub has closed', async () => {
    const hub = new FakeHub();
    const socket = await hub.signsIn();
    hub.clock.sleep(75_001);
    await hub.clock.advance(0);
    assert.equal(pings(socket), 0);
    assert.equal(hub.status, 'waiting');
  });

  test('on another network it dials at once, whatever the socket says', async () => {
    const hub = new FakeHub();
    const first = await hub.signsIn();
    hub.around?.moved();
    await settled();
    assert.ok(first.closed);
    assert.equal(hub.sockets.length, 2);
    hub.around?.moved();
    await settled();
    assert.equal(hub.sockets.length, 2, 'an attempt of this second is as good as another');
    await hub.clock.advance(1_000);
    hub.around?.moved();
    await settled();
    assert.equal(hub.sockets.length, 3, 'an older one may have begun on the old network');
  });

  test('is watched from connect to the end', async () => {
    const hub = new FakeHub();
    assert.equal(hub.around, null);
    await hub.signsIn();
    assert.ok(hub.around);
    hub.client.close();
    assert.equal(hub.around, null);
    await hub.signsIn();
    assert.ok(hub.around);
  });

  test('does not bring back what is closed', async () => {
    const hub = new FakeHub();
    await hub.signsIn();
    const { around } = hub;
    hub.client.close();
    around?.back();
    around?.moved();
    await hub.clock.advance(60_000);
    assert.equal(hub.sockets.length, 1);
  });
});
