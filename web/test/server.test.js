import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, afterEach, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Client, wxPlatform } from '../sdk/index.js';
import { Server } from './support/server.js';
import { StrictWx } from './support/strictwx.js';

/** @import { ClientOptions } from '../sdk/core/client.js' */
/** @import { State } from '../sdk/core/state.js' */

const run = promisify(execFile);
const IN_TIME = { timeout: 60_000 };

/** @type {Server} */
let server;
/** @type {Phone[]} */
let phones = [];

before(async () => {
  server = await Server.start();
}, { timeout: 300_000 });

after(() => server?.stop());

afterEach(() => {
  for (const { client } of phones) client.close();
  assert.ok(phones.every(({ wx }) => wx.forgotten), 'a closed client listens to nothing');
  phones = [];
});

/** Somebody with a mini-program, whose `wx` reaches the real server. */
class Phone {
  wx = new StrictWx();
  /** @type {() => void} */
  #gotThree = () => {};
  /** Settled when three tokens were got. */
  threeTokens = new Promise((resolve) => {
    this.#gotThree = () => resolve(undefined);
  });

  /**
   * @param {string} role
   * @param {string} name
   * @param {{ttl?: string} & Partial<ClientOptions>} [options]
   */
  constructor(role, name, { ttl = '1h', ...options } = {}) {
    const platform = wxPlatform(/** @type {any} */ (this.wx.api));
    let tokens = 0;
    const tokenSource = async () => {
      tokens += 1;
      if (tokens === 3) this.#gotThree();
      const args = ['token', '--dev', '--role', role, '--sub', name, '--name', name, '--ttl', ttl];
      return (await run(server.binary, args)).stdout.trim();
    };
    const url = `${server.origin.replace(/^http/, 'ws')}/ws`;
    this.client = new Client({ url, platform, tokenSource, client: 'sdk-test', ...options });
    phones.push(this);
  }

  async online() {
    this.client.connect();
    await this.until(({ connection }) => connection.status === 'online');
    return this;
  }

  /**
   * Waits until the state is as wanted.
   *
   * @param {(state: State) => unknown} wanted
   * @returns {Promise<State>}
   */
  until(wanted) {
    const { client } = this;
    return new Promise((resolve) => {
      const look = () => {
        if (!wanted(client.state)) return;
        off();
        resolve(client.state);
      };
      const off = client.on('state', look);
      look();
    });
  }
}

describe('with a real server', () => {
  test('a whole call: watched, answered, joined, noted, ended', IN_TIME, async () => {
    const [zhang, li] = await Promise.all([new Phone('claimant', 'zhang').online(), new Phone('adjuster', 'li').online()]);
    await li.client.watchQueue(true);
    assert.deepEqual(li.client.state.backlog, { total: 0, waiting: [] });

    const { call } = await zhang.client.request({ claim_no: 'PA2026-0001' });
    const { backlog } = await li.until((state) => state.backlog?.total === 1);
    assert.deepEqual([backlog?.waiting[0].call, backlog?.waiting[0].claim_no], [call.id, 'PA2026-0001']);
    assert.equal((await zhang.until(({ queue }) => queue)).queue?.position, 1);

    await li.client.setAvailability('available');
    await li.until(({ invites }) => invites.length === 1);
    await li.client.accept(call.id);
    await Promise.all([zhang, li].map(({ client }) => client.join(call.id)));
    const [theirs, ours] = await Promise.all([zhang, li].map((one) => one.until(({ streams }) => streams)));
    assert.notEqual(theirs.streams?.push[0].url, ours.streams?.push[0].url);
    await zhang.client.reportStreams(call.id, { push: { level: 1 }, play: { level: 2 } });
    const { streams } = await zhang.client.refreshStreams(call.id, 'network');
    assert.equal((await li.until((state) => (state.streams?.generation ?? 0) >= streams.generation)).streams?.generation, streams.generation);

    await zhang.client.hangup(call.id);
    const rest = await li.until((state) => state.call?.end && state.availability?.state === 'wrap_up');
    assert.equal(rest.call?.end?.by, 'claimant');
    assert.ok(rest.availability?.until, 'the wrap-up says when it ends');
    const noted = await li.client.note(call.id, '左前门，需换灯');
    assert.equal(noted.call.notes, '左前门，需换灯');
    assert.equal(li.client.state.call?.notes, '左前门，需换灯');
    await li.client.watchQueue(false);
    assert.equal(li.client.state.backlog, null);
  });

  test('a phone on another network comes back into its session at once, with its place in the queue', IN_TIME, async () => {
    const chen = await new Phone('claimant', 'chen').online();
    const { call } = await chen.client.request({ claim_no: 'PA2026-0002' });
    const session = chen.client.state.session?.id;
    chen.wx.movesTo('4g');
    const started = Date.now();
    await chen.until(({ connection }) => connection.status !== 'online');
    const state = await chen.until(({ connection }) => connection.status === 'online');
    assert.ok(Date.now() - started < 5_000, 'it does not wait for the old socket to fail');
    assert.deepEqual([state.session?.id, state.call?.id, state.call?.state], [session, call.id, 'queued']);
    assert.equal(chen.wx.count, 2);
    await chen.client.cancel(call.id);
  });

  test('a command given into a dead socket arrives by the next one', IN_TIME, async () => {
    const wu = await new Phone('claimant', 'wu').online();
    wu.wx.cuts();
    const { call } = await wu.client.request({ claim_no: 'PA2026-0003' });
    assert.equal(call.state, 'queued');
    await wu.client.cancel(call.id);
    assert.equal(wu.client.state.call?.end?.reason, 'canceled');
  });

  test('tokens of some seconds are replaced in time, on the same socket', IN_TIME, async () => {
    const zhao = await new Phone('adjuster', 'zhao', { ttl: '4s' }).online();
    await zhao.threeTokens;
    await zhao.client.setAvailability('away');
    assert.equal(zhao.wx.count, 1);
  });

  test('whoever signs out is gone at once, and nothing brings them back', IN_TIME, async () => {
    const sun = await new Phone('adjuster', 'sun').online();
    await sun.client.signOut();
    assert.deepEqual([sun.client.state.connection.status, sun.client.resume, sun.client.state.session], ['closed', undefined, null]);
    sun.wx.movesTo('4g');
    assert.equal(sun.wx.count, 1);
    await assert.rejects(sun.client.setAvailability('away'), { code: 'closed' });
  });

  test('a token that is refused ends it, with the word of the hub', IN_TIME, async () => {
    const liar = new Phone('claimant', 'liar', { tokenSource: () => 'not a token' });
    liar.client.connect();
    const { connection } = await liar.until((state) => state.connection.status === 'closed');
    assert.equal(connection.reason, 'unauthorized');
    assert.equal(liar.wx.count, 2, 'it asked for another one, once');
  });
});
