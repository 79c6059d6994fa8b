import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ClaimCallError } from '../sdk/index.js';
import { claims } from '../sdk/core/tokens.js';
import { settled } from './support/clock.js';
import { FakeHub } from './support/hub.js';

/** The clocks of FakeHub: ours, and the hub's, which is ahead. */
const START = Date.parse('2026-11-22T08:00:00.000Z');
const AHEAD = 5_000;
const HOUR = 3_600_000;

/**
 * A token that was made now.
 *
 * @param {number} at  by the hub's clock
 * @param {number} lifeMs
 */
function jwt(at, lifeMs) {
  const part = (/** @type {object} */ it) => Buffer.from(JSON.stringify(it)).toString('base64url');
  const iat = Math.floor(at / 1_000);
  return `${part({ alg: 'HS256' })}.${part({ sub: 'li', name: '李伟', iat, exp: iat + lifeMs / 1_000 })}.c2ln`;
}

/**
 * A source that makes a token of that life each time, and counts.
 *
 * @param {number} lifeMs
 */
function issuer(lifeMs) {
  const it = {
    /** @type {FakeHub | null} */
    hub: null,
    given: /** @type {string[]} */ ([]),
    tokenSource: async () => {
      it.given.push(jwt((it.hub?.clock.now() ?? START) + AHEAD, lifeMs));
      return it.given[it.given.length - 1];
    },
  };
  return it;
}

/** @param {ReturnType<typeof issuer>} source */
function hubWith(source) {
  source.hub = new FakeHub({ token: undefined, tokenSource: source.tokenSource });
  return source.hub;
}

describe('claims', () => {
  test('are read without anything that a mini-program lacks', () => {
    assert.deepEqual(claims(jwt(START, HOUR)), { iat: START / 1_000, exp: (START + HOUR) / 1_000 });
  });

  test('of what is no JWT are none', () => {
    for (const token of ['', 'ticket-1', 'a.b.c', 'a.bnVsbA.c', 'a.e30.c', 'a.eyJleHAiOiJzb29uIn0.c']) {
      assert.deepEqual({ ...claims(token) }, token.includes('.e') ? { exp: undefined, iat: undefined } : {});
    }
  });
});

test('a fresh token is handed over two minutes before the old one ends, again and again', async () => {
  const source = issuer(HOUR);
  const hub = hubWith(source);
  const socket = await hub.signsIn({ heartbeat_ms: 10 * HOUR });
  assert.equal(socket.received[0].data.token, source.given[0]);
  for (const round of [1, 2, 3]) {
    await hub.clock.advance(HOUR - 120_000 - 1);
    assert.equal(source.given.length, round, 'not too early');
    await hub.clock.advance(1);
    assert.equal(socket.last.type, 'token.refresh');
    assert.equal(socket.last.data.token, source.given[round]);
    socket.agrees();
    await settled();
  }
});

test('of a short life, the last tenth is enough', async () => {
  const source = issuer(60_000);
  const hub = hubWith(source);
  const socket = await hub.signsIn({ heartbeat_ms: HOUR });
  await hub.clock.advance(53_999);
  assert.equal(source.given.length, 1);
  await hub.clock.advance(1);
  assert.equal(socket.last.type, 'token.refresh');
});

test('a life of months sets no timer that is too long', async () => {
  const source = issuer(90 * 24 * HOUR);
  const hub = hubWith(source);
  await hub.signsIn({ heartbeat_ms: 1_000 * HOUR });
  const longest = [];
  const { setTimeout } = hub.clock;
  hub.clock.setTimeout = (run, ms) => {
    longest.push(ms);
    return setTimeout(run, ms);
  };
  await hub.clock.advance(3 * HOUR);
  assert.equal(source.given.length, 1);
  assert.ok(longest.length > 0 && Math.max(...longest) <= HOUR);
});

test('a good token signs in again without asking; one that ends soon does not', async () => {
  const source = issuer(HOUR);
  const hub = hubWith(source);
  (await hub.signsIn()).ends(1006);
  await hub.clock.advance(250);
  (await hub.letsIn()).ends(1006);
  assert.equal(source.given.length, 1);
  hub.clock.sleep(HOUR - 120_000);
  await hub.clock.advance(1_000);
  assert.equal(source.given.length, 2);
  hub.socket.opens();
  assert.equal(hub.socket.last.data.token, source.given[1]);
});

test('a source that fails is asked again, more often as the end comes nearer', async () => {
  const source = issuer(HOUR);
  const { tokenSource } = source;
  let [asked, working] = [0, true];
  source.tokenSource = async () => {
    asked += 1;
    if (!working) throw new Error('no network');
    return tokenSource();
  };
  const hub = hubWith(source);
  const socket = await hub.signsIn({ heartbeat_ms: 10 * HOUR });
  working = false;
  await hub.clock.advance(HOUR - 120_000);
  assert.equal(asked, 2);
  await hub.clock.advance(30_000);
  assert.equal(asked, 3);
  working = true;
  await hub.clock.advance(22_500);
  assert.equal(socket.last.type, 'token.refresh');
});

test('a person who is signed out elsewhere is asked no more', async () => {
  let asked = 0;
  const hub = new FakeHub({
    token: undefined,
    tokenSource: () => {
      asked += 1;
      if (asked > 1) throw new ClaimCallError('unauthorized', 'signed out');
      return jwt(START + AHEAD, HOUR);
    },
  });
  await hub.signsIn({ heartbeat_ms: 10 * HOUR });
  await hub.clock.advance(HOUR);
  assert.equal(asked, 2);
  hub.socket.ends(4501, 'token_expired');
  await hub.clock.advance(250);
  assert.deepEqual([hub.status, hub.client.state.connection.reason], ['closed', 'unauthorized']);
});

test('a token that the hub refuses is refreshed where it can be', async () => {
  const source = issuer(HOUR);
  const hub = hubWith(source);
  let socket = await hub.dials();
  socket.opens();
  socket.refuses('token_expired');
  assert.equal(hub.status, 'waiting');
  await hub.clock.advance(250);
  socket = await hub.letsIn();
  assert.equal(source.given.length, 2, 'not the one that was refused');
  assert.equal(hub.status, 'online');
  for (const code of [4500, 4501]) {
    socket.ends(code);
    await hub.clock.advance(10_000);
    socket = await hub.letsIn();
  }
  assert.equal(source.given.length, 4);
});

test('when the next one is refused, too, it is over', async () => {
  const hub = hubWith(issuer(HOUR));
  const socket = await hub.dials();
  socket.opens();
  socket.refuses('unauthorized');
  await hub.clock.advance(250);
  hub.socket.opens();
  hub.socket.refuses('unauthorized');
  assert.deepEqual([hub.status, hub.client.state.connection.reason], ['closed', 'unauthorized']);
  await hub.signsIn();
  assert.equal(hub.status, 'online', 'until someone signs in anew');
});

test('a bye for want of a token is not the end, nor is it obeyed in a hurry', async () => {
  const source = issuer(HOUR);
  const hub = hubWith(source);
  const socket = await hub.signsIn();
  socket.pushes('bye', { code: 4501, reconnect: false, after_ms: 0 });
  socket.ends(4501, 'token_expired');
  assert.deepEqual([hub.status, hub.client.state.connection.retryMs], ['waiting', 250]);
});

test('what is no matter of tokens stays final', async () => {
  for (const code of [4504, 4505, 4507, 4508, 4509]) {
    const hub = hubWith(issuer(HOUR));
    (await hub.signsIn()).ends(code);
    assert.equal(hub.status, 'closed', `${code}`);
  }
});

describe('a ticket', () => {
  /** @param {number} lifeMs */
  const tickets = (lifeMs) => {
    let count = 0;
    return () => {
      count += 1;
      return { token: `ticket-${count}`, expiresAt: new Date(START + AHEAD + count * lifeMs).toISOString() };
    };
  };

  test('is good for one sign-in', async () => {
    const hub = new FakeHub({ token: undefined, tokenSource: tickets(HOUR) });
    (await hub.signsIn()).ends(1006);
    await hub.clock.advance(250);
    await hub.letsIn();
    assert.deepEqual(hub.sockets.map(({ received: [hello] }) => hello.data.token), ['ticket-1', 'ticket-2']);
  });

  test('is got and handed over before its session ends', async () => {
    const hub = new FakeHub({ token: undefined, tokenSource: tickets(HOUR) });
    const socket = await hub.signsIn({ heartbeat_ms: 10 * HOUR });
    await hub.clock.advance(HOUR - 120_000);
    assert.deepEqual([socket.last.type, socket.last.data], ['token.refresh', { token: 'ticket-2' }]);
  });
});

test('without a connection nobody asks for tokens', async () => {
  const source = issuer(HOUR);
  const hub = hubWith(source);
  (await hub.signsIn()).ends(4507);
  assert.equal(hub.clock.pending, 0);
  await hub.clock.advance(2 * HOUR);
  assert.equal(source.given.length, 1);
});
