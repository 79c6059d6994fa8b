import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as passes } from 'node:timers/promises';
import { Line } from './support/line.js';
import { Browsers, Pair } from './support/pair.js';
import { Server } from './support/server.js';

/** @import { Page } from 'playwright-core' */
/** @import { TestContext } from 'node:test' */

const IN_TIME = { timeout: 240_000 };
/** A tunnel, and a look at another app. These are what is tested, not pauses. */
const TUNNEL_MS = 20_000;
const AWAY_MS = 30_000;

const folder = mkdtempSync(join(tmpdir(), 'claimcall-'));
/** @type {Browsers} */
let browsers;
/** @type {Server} */
let first;

before(async () => {
  [first, browsers] = await Promise.all([Server.start(), Browsers.launch(folder)]);
}, IN_TIME);

after(async () => {
  await browsers?.close();
  await first?.stop();
  rmSync(folder, { recursive: true });
});

/**
 * Two in a call on a server of their own; the line of `side` can be cut.
 *
 * @param {TestContext} t
 * @param {'claimant' | 'adjuster'} side
 */
async function inCall(t, side) {
  const server = await Server.start([], first.binary);
  t.after(() => server.stop());
  /** @type {Line | undefined} */
  let line;
  const pair = await Pair.open(browsers, server, {
    prepare: async (page, whose) => {
      if (whose === side) line = await Line.of(page);
    },
  });
  t.after(() => pair.end());
  if (!line) throw new Error('nobody has that line');
  t.after(() => line?.end());
  await pair.call(side);
  return { pair, line, page: pair[side].page };
}

/**
 * @param {Page} page
 * @param {string} id
 * @param {string} text
 */
async function shows(page, id, text) {
  await page.locator(`#${id}`, { hasText: text }).waitFor();
}

describe('a call outlives the network', () => {
  test('the claimant is in a tunnel for 20 s', IN_TIME, async (t) => {
    const { pair, line, page } = await inCall(t, 'claimant');
    await line.cut();
    const over = passes(TUNNEL_MS);
    await shows(page, 'call-notice', '正在自动恢复');
    await shows(pair.adjuster.page, 'call-peer', '中断');
    await over;
    await line.mend();
    await pair.meet();
    assert.equal(await pair.adjuster.page.textContent('#call-state'), '通话中');
  });

  test('the adjuster is without network for 20 s', IN_TIME, async (t) => {
    const { pair, line } = await inCall(t, 'adjuster');
    await line.cut();
    const over = passes(TUNNEL_MS);
    await shows(pair.claimant.page, 'call-notice', '查勘员的');
    await over;
    await line.mend();
    await pair.meet();
    assert.equal(await pair.claimant.page.textContent('#call-state'), '通话中');
  });

  test('the claimant looks at something else for 30 s: the page is frozen and its socket dies', IN_TIME, async (t) => {
    const { pair, line, page } = await inCall(t, 'claimant');
    const phone = await page.context().newCDPSession(page);
    await phone.send('Page.setWebLifecycleState', { state: 'frozen' });
    await line.cut({ silently: true });
    await passes(AWAY_MS);
    await line.mend();
    await phone.send('Page.setWebLifecycleState', { state: 'active' });
    await pair.meet();
    assert.equal(await pair.adjuster.page.textContent('#call-state'), '通话中');
  });
});
