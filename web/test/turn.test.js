import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { BrowserParty } from './support/parties.js';
import { ADJUSTER, CLAIMANT, deviceFiles } from './support/scene.js';
import { Server } from './support/server.js';
import { TurnServer, onlyTurn } from './support/turn.js';

/** @import { Browser } from 'playwright-core' */

const IN_TIME = { timeout: 300_000 };
const SECRET = 'secret-that-the-turn-server-shares';

const folder = mkdtempSync(join(tmpdir(), 'claimcall-'));
/** @type {{claimant: Browser, adjuster: Browser}} */
let browsers;
/** @type {TurnServer} */
let turn;
/** @type {Server} */
let server;

before(async () => {
  browsers = {
    claimant: await launchBrowser(deviceFiles(CLAIMANT, folder)),
    adjuster: await launchBrowser(deviceFiles(ADJUSTER, folder)),
  };
  turn = await TurnServer.start(SECRET);
  server = await Server.start(['--ice-servers', `turn:${turn.address}?transport=udp`, '--turn-secret', SECRET]);
}, IN_TIME);

after(async () => {
  await server?.stop();
  await turn?.stop();
  await browsers?.claimant.close();
  await browsers?.adjuster.close();
  rmSync(folder, { recursive: true });
});

test('pages whose networks let nothing but TURN through meet at the first attempt', IN_TIME, async (t) => {
  const prepare = (/** @type {import('playwright-core').Page} */ page) => page.addInitScript(onlyTurn);
  const adjuster = await BrowserParty.open(browsers.adjuster, server, '/console/', { prepare, without: ['live'] });
  t.after(() => adjuster.ends());
  const offers = { claimant: 0, adjuster: 0 };
  await adjuster.becomesAvailable();
  const claimant = await BrowserParty.open(browsers.claimant, server, '/call/', { prepare, without: ['live'] });
  t.after(() => claimant.ends());
  for (const [who, { page }] of Object.entries({ claimant, adjuster })) {
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().includes('/whip/')) offers[/** @type {keyof typeof offers} */ (who)] += 1;
    });
  }

  await claimant.calls('T1');
  await adjuster.accepts('T1');
  await Promise.all([claimant.meets(ADJUSTER), adjuster.meets(CLAIMANT)]);
  assert.deepEqual(offers, { claimant: 1, adjuster: 1 });
  for (const party of [claimant, adjuster]) assert.deepEqual(await party.page.evaluate(localCandidates), ['relay', 'relay']);
});

/** Inside the page: by what kind of address each connection goes. */
async function localCandidates() {
  const { connections } = /** @type {{connections: RTCPeerConnection[]}} */ (/** @type {unknown} */ (globalThis));
  const kinds = [];
  for (const pc of connections) {
    if (pc.connectionState !== 'connected') continue;
    const stats = await pc.getStats();
    for (const report of stats.values()) {
      if (report.type === 'candidate-pair' && report.nominated) kinds.push(stats.get(report.localCandidateId).candidateType);
    }
  }
  return kinds;
}
