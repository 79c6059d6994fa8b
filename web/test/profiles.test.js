import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { BrowserParty } from './support/parties.js';
import { Encoder, Phone } from './support/phone.js';
import { CLAIMANT, sceneFile } from './support/scene.js';
import { Server } from './support/server.js';

/** @import { Browser } from 'playwright-core' */

const IN_TIME = { timeout: 300_000 };

const folder = mkdtempSync(join(tmpdir(), 'claimcall-'));
const file = sceneFile(CLAIMANT, folder);
/** @type {Browser} */
let browser;
/** @type {Server} */
let server;

before(async () => {
  browser = await launchBrowser();
  server = await Server.start();
}, IN_TIME);

after(async () => {
  await server?.stop();
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** What a phone may encode, and as what Chromium takes it: it offers no high profile, and plays it all the same. */
const PROFILES = { baseline: /=42e01f/, main: /=4d001f/, high: /./ };

test('Chromium plays by WebRTC what phones encode: baseline, main and high profile', IN_TIME, async (t) => {
  const adjuster = await BrowserParty.open(browser, server, '/console/', { without: ['live'] });
  t.after(() => adjuster.ends());
  await adjuster.becomesAvailable();
  const phone = await Phone.open(browser, server);
  t.after(() => phone.ends());
  await phone.calls('P1');
  await adjuster.accepts('P1');
  let address = await phone.address();
  for (const [profile, format] of Object.entries(PROFILES)) {
    const encoder = new Encoder(file, address, profile);
    t.after(() => encoder.isKilled());
    await adjuster.page.locator('#player[data-status="playing"]').waitFor();
    await adjuster.meets(CLAIMANT);
    let taken = '';
    for (let looks = 0; looks < 100 && !format.test(taken); looks += 1) {
      taken = await adjuster.page.evaluate(videoFormat);
      await adjuster.page.waitForTimeout(100);
    }
    assert.match(taken, format, profile);
    await encoder.isKilled();
    await adjuster.page.locator('#player[data-status="stalled"]').waitFor();
    address = await phone.refreshes();
  }
});

/** Inside the page: what SDP says of the video that comes in now. */
async function videoFormat() {
  const { connections } = /** @type {{connections: RTCPeerConnection[]}} */ (/** @type {unknown} */ (globalThis));
  for (const pc of connections) {
    const stats = await pc.getStats();
    for (const report of stats.values()) {
      if (report.type === 'inbound-rtp' && report.kind === 'video' && pc.connectionState === 'connected') {
        return String(stats.get(report.codecId)?.sdpFmtpLine);
      }
    }
  }
  return '';
}
