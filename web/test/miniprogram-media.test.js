import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Media } from '../miniprogram/lib/media.js';
import { aCall, someStreams } from './support/calls.js';
import { settled } from './support/clock.js';

/** How the mini-program keeps picture and sound going, with a hub and components that do as they are told. */

/** A client that remembers what it was asked and says what the test wants. */
class FakeClient {
  /** @type {any} */
  state = { connection: { status: 'online' }, call: null, streams: null };
  /** @type {any[]} */
  refreshes = [];
  /** @type {any[]} */
  reports = [];
  /** @type {any} how the next refresh ends */
  refusal = null;
  /** @type {Map<string, Set<(data: any) => void>>} */
  #listeners = new Map();

  on(/** @type {string} */ type, /** @type {(data: any) => void} */ listener) {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  tells(/** @type {string} */ type, /** @type {any} */ data) {
    for (const listener of this.#listeners.get(type) ?? []) listener(data);
  }

  becomes(/** @type {object} */ change) {
    this.state = { ...this.state, ...change };
    this.tells('state', this.state);
  }

  async refreshStreams(/** @type {string} */ _, /** @type {string} */ why) {
    this.refreshes.push(why);
    if (this.refusal) throw this.refusal;
  }

  async reportStreams(/** @type {string} */ _, /** @type {object} */ sides) {
    this.reports.push(sides);
  }
}

/** A call with its media, as far as a test needs it. */
class Scene {
  client = new FakeClient();
  /** @type {string[]} */
  did = [];
  starts = { pusher: true, player: true };

  constructor() {
    const device = (/** @type {'pusher' | 'player'} */ name) => ({
      start: async () => {
        this.did.push(`${name} starts`);
        return this.starts[name];
      },
      stop: async () => {
        this.did.push(`${name} stops`);
        return true;
      },
    });
    this.client.state.call = this.call('up', 'up');
    this.media = new Media({
      client: /** @type {any} */ (this.client),
      pusher: device('pusher'),
      player: device('player'),
      apply: async ({ generation }) => {
        this.did.push(`shows ${generation}`);
      },
    });
  }

  call(/** @type {any} */ own, /** @type {any} */ other) {
    const call = aCall({ state: 'active', you: 'claimant' });
    const { claimant, adjuster } = call.legs;
    return { ...call, legs: { claimant: { ...claimant, link: own }, adjuster: { .../** @type {any} */ (adjuster), link: other } } };
  }

  streams(/** @type {number} */ generation) {
    const streams = someStreams(generation);
    streams.play = [
      { protocol: 'rtmp', url: `rtmp://hub.test/live/a-g${generation}` },
      { protocol: 'flv', url: `https://hub.test/live/a-g${generation}.flv` },
    ];
    return streams;
  }

  async hasStreams(/** @type {number} */ generation) {
    this.client.becomes({ streams: this.streams(generation) });
    await settled();
  }

  links(/** @type {string} */ own, /** @type {string} */ other) {
    this.client.becomes({ call: this.call(own, other) });
  }

  /** A running call of generation 1 in which everything works. */
  static async running() {
    const scene = new Scene();
    await scene.hasStreams(1);
    scene.links('publishing', 'publishing');
    scene.media.pusherSaid(1002);
    scene.media.playerSaid(2004);
    scene.did.length = 0;
    return scene;
  }

  async breaks(/** @type {number} */ code) {
    this.media.pusherSaid(code);
    await settled();
  }

  /** The connection was away and is there again. */
  async reconnects(/** @type {boolean} */ resumed) {
    this.client.becomes({ connection: { status: 'connecting' } });
    this.client.tells('welcome', { resumed });
    this.client.becomes({ connection: { status: 'online' } });
    this.client.tells('connection', { status: 'online' });
    await settled();
  }
}

/** @param {string} name  @param {() => Promise<void>} run */
function withMedia(name, run) {
  test(name, async () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    try {
      await run();
    } finally {
      mock.timers.reset();
    }
  });
}

withMedia('off first, then the new address, then on: WeChat would go on with the old one', async () => {
  const scene = new Scene();
  scene.did.length = 0;
  await scene.hasStreams(1);
  assert.deepEqual(scene.did, ['pusher stops', 'player stops', 'shows 1', 'pusher starts', 'player starts']);
  assert.deepEqual([scene.media.view.pushing, scene.media.view.playing], ['starting', 'waiting']);
  await scene.media.end();
  assert.deepEqual(scene.did.slice(-2), ['pusher stops', 'player stops']);
});

withMedia('the same streams again change nothing; another profile does, without a stop', async () => {
  const scene = await Scene.running();
  await scene.hasStreams(1);
  assert.ok(!scene.did.some((did) => /starts|stops/.test(did)));
  const streams = scene.streams(1);
  streams.profile = { ...streams.profile, max_bitrate_kbps: 200 };
  scene.client.becomes({ streams });
  assert.equal(scene.media.view.push?.maxBitrate, 200);
  assert.ok(!scene.did.includes('pusher stops'));
  await scene.media.end();
});

withMedia('two breaks in a row are the fault of the media service; one that worked in between is not', async () => {
  const scene = await Scene.running();
  await scene.breaks(-1307);
  await scene.hasStreams(2);
  await scene.breaks(3004);
  assert.deepEqual(scene.client.refreshes, ['push_failed', 'failed']);
  await scene.hasStreams(3);
  await scene.breaks(1002);
  await scene.breaks(-1307);
  assert.equal(scene.client.refreshes.at(-1), 'push_failed');
  await scene.media.end();
});

withMedia('what is said of an older generation counts for nothing', async () => {
  const scene = await Scene.running();
  scene.client.becomes({ streams: scene.streams(2) });
  scene.media.pusherSaid(-1307); // the old one, which is on its way out
  scene.media.playerSaid(-2301);
  await settled();
  assert.deepEqual(scene.client.refreshes, []);
  assert.equal(scene.media.view.generation, 2);
  await scene.media.end();
});

withMedia('streams that are overtaken by newer ones are never started', async () => {
  const scene = new Scene();
  scene.did.length = 0;
  scene.client.becomes({ streams: scene.streams(1) });
  scene.client.becomes({ streams: scene.streams(2) });
  await settled();
  assert.deepEqual(scene.did.filter((did) => did.startsWith('shows') || did.includes('starts')), ['shows 2', 'pusher starts', 'player starts']);
  await scene.media.end();
});

withMedia('one question at a time, and again after the hub could not answer', async () => {
  const scene = await Scene.running();
  scene.client.refusal = { code: 'unavailable', retry: true };
  scene.media.pusherSaid(-1307);
  scene.media.pusherSaid(-1307);
  await settled();
  assert.equal(scene.client.refreshes.length, 1);
  mock.timers.tick(2_000);
  await settled();
  assert.equal(scene.client.refreshes.length, 2);
  scene.client.refusal = { code: 'call_ended', retry: false };
  mock.timers.tick(2_000);
  await settled();
  mock.timers.tick(60_000);
  await settled();
  assert.equal(scene.client.refreshes.length, 3);
  await scene.media.end();
});

withMedia('without the hub it is the network: asked once it is there again', async () => {
  const scene = await Scene.running();
  scene.client.becomes({ connection: { status: 'waiting' } });
  await scene.breaks(-1307);
  assert.deepEqual(scene.client.refreshes, []);
  await scene.reconnects(true);
  assert.deepEqual(scene.client.refreshes, ['network']);
  await scene.media.end();
});

withMedia('back from the background: what still arrives is left alone, what does not is begun anew', async () => {
  const scene = await Scene.running();
  scene.media.back(false);
  await scene.reconnects(true);
  assert.deepEqual(scene.client.refreshes, []);
  scene.links('silent', 'publishing');
  await scene.reconnects(true);
  assert.deepEqual(scene.client.refreshes, ['network']);
  await scene.reconnects(false);
  assert.equal(scene.client.refreshes.length, 1, 'a new session joins again, and that brings streams');
  scene.links('publishing', 'publishing');
  scene.media.back(true);
  await settled();
  assert.equal(scene.client.refreshes.length, 2, 'nothing survives another network');
  await scene.media.end();
});

withMedia('after a phone call it goes on with fresh streams', async () => {
  for (const code of [5000, 5001]) {
    const scene = await Scene.running();
    await scene.breaks(code);
    assert.equal(scene.media.view.pushing, 'interrupted');
    assert.deepEqual(scene.client.refreshes, []);
    scene.media.back(false);
    await settled();
    assert.deepEqual(scene.client.refreshes, ['network']);
    await scene.media.end();
  }
});

withMedia('what is not allowed is explained, and begun when it is', async () => {
  const scene = await Scene.running();
  await scene.breaks(10002);
  assert.deepEqual([scene.media.view.pushing, scene.media.view.denied], ['denied', 'microphone']);
  await scene.breaks(10001);
  assert.equal(scene.media.view.denied, 'camera');
  scene.media.allowed();
  await settled();
  assert.equal(scene.media.view.denied, '');
  assert.deepEqual(scene.client.refreshes, ['push_failed']);
  await scene.media.end();
});

withMedia('a camera that does not work is tried once more, not for ever', async () => {
  const scene = await Scene.running();
  await scene.breaks(-1301);
  await scene.hasStreams(2);
  await scene.breaks(-1301);
  await scene.breaks(-1302);
  assert.deepEqual(scene.client.refreshes, ['push_failed']);
  assert.equal(scene.media.view.pushing, 'broken');
  await scene.media.end();
});

withMedia('a component that does not even start is a break, too', async () => {
  const scene = new Scene();
  scene.links('up', 'publishing');
  scene.starts = { pusher: false, player: false };
  await scene.hasStreams(1);
  assert.deepEqual(scene.client.refreshes, ['push_failed']);
  assert.match(String(scene.media.view.play?.src), /\.flv$/);
  await scene.media.end();
});

withMedia('the player tries each address, and then asks only for what the other side sends', async () => {
  const scene = await Scene.running();
  scene.links('publishing', 'up');
  scene.media.playerSaid(-2301);
  await settled();
  assert.match(String(scene.media.view.play?.src), /\.flv$/);
  scene.media.playerSaid(-2301);
  await settled();
  assert.deepEqual([scene.client.refreshes.length, scene.media.view.playing], [0, 'waiting']);
  scene.did.length = 0;
  scene.links('publishing', 'publishing');
  await settled();
  assert.ok(scene.did.includes('player starts'), 'as soon as the other side sends');
  assert.match(String(scene.media.view.play?.src), /^rtmp:/);
  for (const _ of [1, 2]) {
    scene.media.playerSaid(-2302);
    await settled();
  }
  assert.deepEqual(scene.client.refreshes, ['play_failed']);
  await scene.media.end();
});

withMedia('one piece that cannot be decoded is nothing; many are a broken stream', async () => {
  const scene = await Scene.running();
  for (const code of [2101, 2102, 2101, 2101]) scene.media.playerSaid(code);
  await settled();
  assert.match(String(scene.media.view.play?.src), /^rtmp:/);
  scene.media.playerSaid(2101);
  await settled();
  assert.match(String(scene.media.view.play?.src), /\.flv$/);
  await scene.media.end();
});

withMedia('reports every 3 s of what there is, with the last code', async () => {
  const scene = await Scene.running();
  mock.timers.tick(3_000);
  assert.deepEqual(scene.client.reports, [{ push: { code: 1002 }, play: { code: 2004 } }]);
  mock.timers.tick(3_000);
  assert.equal(scene.client.reports.length, 1);
  scene.media.measured('push', { videoBitrate: 300, netQualityLevel: 2 });
  scene.media.pusherSaid(1101);
  mock.timers.tick(3_000);
  assert.deepEqual(scene.client.reports[1], { push: { video_kbps: 300, level: 2, code: 1101 } });
  await scene.media.end();
  scene.media.measured('push', { videoBitrate: 300 });
  mock.timers.tick(30_000);
  assert.equal(scene.client.reports.length, 2);
});

withMedia('weak is said until it measures well again', async () => {
  const scene = await Scene.running();
  await scene.breaks(1101);
  scene.media.measured('push', { netQualityLevel: 4 });
  assert.equal(scene.media.view.pushing, 'weak');
  scene.media.measured('push', { netQualityLevel: 1 });
  assert.equal(scene.media.view.pushing, 'pushing');
  await scene.media.end();
});

withMedia('sound alone is proposed for the own picture only, and never done unasked', async () => {
  const scene = await Scene.running();
  const judged = (/** @type {object} */ more) => scene.client.tells('call.profile', { call: scene.client.state.call, quality: 'bad', ...more });
  judged({ leg: 'adjuster', propose: 'audio' });
  assert.equal(scene.media.view.propose, false);
  judged({ leg: 'claimant', propose: 'audio' });
  assert.deepEqual([scene.media.view.propose, scene.media.view.camera], [true, true]);
  judged({ leg: 'claimant', quality: 'good' });
  assert.equal(scene.media.view.propose, false);
  judged({ leg: 'claimant', propose: 'audio' });
  scene.media.camera(false);
  assert.deepEqual([scene.media.view.propose, scene.media.view.camera], [false, false]);
  await scene.hasStreams(2);
  assert.equal(scene.media.view.camera, false, 'the choice outlives the streams');
  await scene.media.end();
});
