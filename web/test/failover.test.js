import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { Nginx } from './support/nginx.js';
import { BrowserParty, TerminalParty } from './support/parties.js';
import { ADJUSTER, CLAIMANT, deviceFiles, sceneFile } from './support/scene.js';
import { Server, freePort } from './support/server.js';

/** @import { Browser } from 'playwright-core' */

const IN_TIME = { timeout: 180_000 };
/** Both sides see each other again so soon after the media service was killed. */
const AGAIN_MS = 10_000;

const folder = mkdtempSync(join(tmpdir(), 'claimcall-'));
/** @type {{claimant: Browser, adjuster: Browser}} */
let browsers;
/** @type {{nginx: Nginx, server: Server}} */
let it;

before(async () => {
  browsers = {
    claimant: await launchBrowser(deviceFiles(CLAIMANT, folder)),
    adjuster: await launchBrowser(deviceFiles(ADJUSTER, folder)),
  };
  const port = await freePort();
  const nginx = await Nginx.start(folder, `127.0.0.1:${port}`);
  const settings = ['--listen', `127.0.0.1:${port}`, ...nginx.settings, '--streams', 'nginx-rtmp,relay'];
  it = { nginx, server: await Server.start(settings) };
}, IN_TIME);

after(async () => {
  await it?.server.stop();
  await it?.nginx.stop();
  await browsers?.claimant.close();
  await browsers?.adjuster.close();
  rmSync(folder, { recursive: true });
});

test('the media service is killed in mid call: both see each other again through the next', IN_TIME, async (t) => {
  const adjuster = await BrowserParty.open(browsers.adjuster, it.server, '/console/');
  t.after(() => adjuster.ends());
  await adjuster.becomesAvailable();
  const claimant = await BrowserParty.open(browsers.claimant, it.server, '/call/');
  t.after(() => claimant.ends());
  await claimant.calls('F1');
  await adjuster.accepts('F1');
  await Promise.all([claimant.meets(ADJUSTER), adjuster.meets(CLAIMANT)]);
  assert.equal(await claimant.generation(), 1);

  const killed = Date.now();
  await it.nginx.stop();
  await Promise.all([claimant, adjuster].map((party) => party.movesOn(1)));
  await Promise.all([claimant.meets(ADJUSTER), adjuster.meets(CLAIMANT)]);
  const took = Date.now() - killed;
  assert.ok(took <= AGAIN_MS, `took ${took} ms`);
  assert.equal(await adjuster.page.textContent('#call-state'), '通话中');
});

test('a call begun while the first service is down goes through the next, also for a phone', IN_TIME, async (t) => {
  const adjuster = await BrowserParty.open(browsers.adjuster, it.server, '/console/');
  t.after(() => adjuster.ends());
  await adjuster.becomesAvailable();
  const args = ['--claim-no', 'F2', '--sub', 'F2', '--push', sceneFile(CLAIMANT, folder)];
  const claimant = new TerminalParty(it.server, join(folder, 'F2.flv'), args);
  t.after(() => claimant.ends());
  await adjuster.accepts('F2');
  await Promise.all([claimant.meets(ADJUSTER), adjuster.meets(CLAIMANT)]);
});
