import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { HookDesk } from './support/hooks.js';
import { Nginx } from './support/nginx.js';
import { BrowserParty } from './support/parties.js';
import { Encoder, Phone } from './support/phone.js';
import { ADJUSTER, CLAIMANT, deviceFiles, sceneFile } from './support/scene.js';
import { Server } from './support/server.js';
import { Witness } from './support/witness.js';

/** @import { Browser } from 'playwright-core' */
/** @import { TestContext } from 'node:test' */

const IN_TIME = { timeout: 300_000 };
/** The other side is told so soon that a publisher is gone. */
const TOLD_MS = 2_000;
/** From the moment at which the server knows of the next publisher to its first picture on the other side. */
const AGAIN_MS = 3_000;
/** A claimant shows bars at first, white at the left edge, and comes back in red. */
const [BARS, RED] = ['picture w', 'picture r'];

const folder = mkdtempSync(join(tmpdir(), 'claimcall-'));
const files = { bars: sceneFile(CLAIMANT, folder), red: sceneFile(ADJUSTER, folder) };
/** @type {{bars: Browser, red: Browser}} */
let browsers;

before(async () => {
  browsers = {
    bars: await launchBrowser(deviceFiles(CLAIMANT, folder)),
    red: await launchBrowser(deviceFiles(ADJUSTER, folder)),
  };
}, IN_TIME);

after(async () => {
  await browsers?.bars.close();
  await browsers?.red.close();
  rmSync(folder, { recursive: true });
});

/** @type {Record<string, () => Promise<{server: Server, nginx?: Nginx, hooks?: HookDesk}>>} */
const SERVICES = {
  relay: async () => ({ server: await Server.start() }),
  'nginx-rtmp': withNginx,
};

/** The server with an nginx whose hooks the test can hold back. */
async function withNginx() {
  const hooks = await HookDesk.open();
  const nginx = await Nginx.start(folder, hooks.address);
  const server = await Server.start(['--streams', 'nginx-rtmp', ...nginx.settings]);
  hooks.passesTo(server.origin);
  return { server, nginx, hooks };
}

for (const [service, start] of Object.entries(SERVICES)) {
  describe(`a publisher that comes back, through ${service}`, () => {
    /** @type {{server: Server, nginx?: Nginx, hooks?: HookDesk}} */
    let it;

    before(async () => {
      it = await start();
    }, IN_TIME);

    after(async () => {
      await it?.server.stop();
      await it?.nginx?.stop();
      await it?.hooks?.close();
    });

    test('the encoder of a phone is killed', IN_TIME, async (t) => {
      const { phone, encoder, witness } = await phoneCall(t, it.server, `${service}-1`);
      const killed = Date.now();
      await encoder.isKilled();
      const told = await witness.saw('peer silent', killed);
      soonEnough(t, 'told of the end', told - killed, TOLD_MS);
      const still = await witness.saw('player stalled', killed);
      soonEnough(t, 'the player notices', still - killed, AGAIN_MS);

      publishes(t, files.red, await phone.refreshes());
      const published = await witness.saw('peer publishing', told);
      soonEnough(t, 'picture again', await witness.saw(RED, killed) - published, AGAIN_MS);
    });

    test('the page of a claimant crashes, and its person comes back on another device', IN_TIME, async (t) => {
      const { adjuster, witness } = await adjusterWaits(t, it.server);
      const first = await BrowserParty.open(browsers.bars, it.server, '/call/');
      t.after(() => first.ends());
      await first.calls(`${service}-2`);
      await adjuster.accepts(`${service}-2`);
      await witness.saw(BARS);

      const token = await first.page.evaluate(() => sessionStorage.getItem('claimcall.claimant.token'));
      await first.crashes();
      const crashed = Date.now();
      const second = await BrowserParty.open(browsers.red, it.server, `/call/#token=${token}`);
      t.after(() => second.ends());
      await second.page.click('#here');
      const published = await witness.saw('peer publishing', await witness.saw('streams 2', crashed));
      soonEnough(t, 'picture again', await witness.saw(RED, crashed) - published, AGAIN_MS);
    });

    test('somebody else publishes under the same name: nothing changes', IN_TIME, async (t) => {
      const { phone, adjuster, witness, address } = await phoneCall(t, it.server, `${service}-3`);
      // Our server would not let it in. Then it is up to nginx, which refuses it too, but says then that the name is done.
      it.hooks?.allows((body) => tells(body, 'publish', address));
      await publishes(t, files.red, address).ended;
      await it.hooks?.passed((body) => tells(body, 'publish_done', address));
      it.hooks?.allows(() => false);
      await goesOn(phone, adjuster, witness, CLAIMANT);
    });
  });
}

describe('a publisher that comes back, through an nginx-rtmp whose news are late', () => {
  test('the end of the old publisher is told when the new one is seen already: nothing changes', IN_TIME, async (t) => {
    const { server, nginx, hooks } = await withNginx();
    t.after(async () => {
      await server.stop();
      await nginx.stop();
      await hooks.close();
    });
    const { phone, adjuster, witness, encoder, address } = await phoneCall(t, server, 'late');
    hooks.holds((body) => tells(body, 'publish_done', address));
    await encoder.isKilled();
    publishes(t, files.red, await phone.refreshes());
    await witness.saw(RED);

    hooks.releases();
    assert.equal(await hooks.passed((body) => tells(body, 'publish_done', address)), 200);
    await goesOn(phone, adjuster, witness, ADJUSTER);
  });
});

/**
 * Checks that the adjuster still sees the scene, and was never told otherwise.
 *
 * @param {Phone} phone
 * @param {BrowserParty} adjuster
 * @param {Witness} witness
 * @param {import('./support/scene.js').Scene} scene
 */
async function goesOn(phone, adjuster, witness, scene) {
  await adjuster.meets(scene);
  const moments = (await witness.moments()).map(({ what }) => what);
  assert.ok(!moments.some((what) => what === 'peer silent' || what.startsWith('hangup')), moments.join());
  assert.equal(await phone.state(), 'active');
}

/**
 * Whether nginx tells that of the stream at an address.
 *
 * @param {string} body  of its hook
 * @param {string} what
 * @param {string} address
 */
function tells(body, what, address) {
  const hook = new URLSearchParams(body);
  return hook.get('call') === what && address.includes(`/${hook.get('name')}?`);
}

/**
 * An adjuster at the console who waits for a call.
 *
 * @param {TestContext} t
 * @param {Server} server
 */
async function adjusterWaits(t, server) {
  /** @type {Witness | undefined} */
  let witness;
  const adjuster = await BrowserParty.open(browsers.red, server, '/console/', {
    prepare: async (page) => { witness = await Witness.on(page); },
  });
  t.after(() => adjuster.ends());
  await adjuster.becomesAvailable();
  return { adjuster, witness: /** @type {Witness} */ (witness) };
}

/**
 * A call of a phone that shows bars, up to where the adjuster sees them.
 *
 * @param {TestContext} t
 * @param {Server} server
 * @param {string} claim
 */
async function phoneCall(t, server, claim) {
  const { adjuster, witness } = await adjusterWaits(t, server);
  const phone = await Phone.open(browsers.bars, server);
  t.after(() => phone.ends());
  await phone.calls(claim);
  await adjuster.accepts(claim);
  const address = await phone.address();
  const encoder = publishes(t, files.bars, address);
  await witness.saw(BARS);
  await witness.saw('peer publishing');
  return { adjuster, witness, phone, encoder, address };
}

/**
 * @param {TestContext} t
 * @param {string} file
 * @param {string} address
 */
function publishes(t, file, address) {
  const encoder = new Encoder(file, address);
  t.after(() => encoder.isKilled());
  return encoder;
}

/**
 * @param {TestContext} t
 * @param {string} what
 * @param {number} took
 * @param {number} limit
 */
function soonEnough(t, what, took, limit) {
  t.diagnostic(`${what}: ${took} ms`);
  assert.ok(took <= limit, `${what}: ${took} ms`);
}
