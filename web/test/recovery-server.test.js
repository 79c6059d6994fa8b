import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Junction } from './support/junction.js';
import { Browsers, Pair } from './support/pair.js';
import { Server, freePort, listens } from './support/server.js';

/** @import { Page } from 'playwright-core' */

const IN_TIME = { timeout: 240_000 };

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

/** Settings that name every port, so that a server is found again. */
async function ports() {
  const flags = ['--listen', '--rtmp-listen', '--webrtc-listen'];
  const settings = [];
  for (const flag of flags) settings.push(flag, `127.0.0.1:${await freePort()}`);
  return settings;
}

/**
 * @param {Page} page
 * @param {string} id
 * @param {string} text
 */
async function shows(page, id, text) {
  await page.locator(`#${id}`, { hasText: text }).waitFor();
}

test('the server is killed and comes back with the same database: the call goes on', IN_TIME, async (t) => {
  const server = await Server.start([...await ports(), '--db', join(folder, 'calls.db')], first.binary);
  t.after(() => server.stop());
  const pair = await Pair.open(browsers, server);
  t.after(() => pair.end());
  await pair.call('S1');
  await server.crash();
  await shows(pair.claimant.page, 'call-notice', '正在自动恢复');
  await server.restart();
  await pair.meet();
  assert.equal(await pair.adjuster.page.textContent('#call-state'), '通话中');
  await pair.claimant.page.click('#hangup');
  await shows(pair.adjuster.page, 'ended-text', '对方已挂断');
});

test('links run out in mid call, and fresh ones go on with it', IN_TIME, async (t) => {
  const server = await Server.start(['--auth-leeway', '0s'], first.binary);
  t.after(() => server.stop());
  const short = '40s';
  const tokens = { claimant: server.token('claimant', 'zhang', short), adjuster: server.token('adjuster', 'li', short) };
  const pair = await Pair.open(browsers, server, tokens);
  t.after(() => pair.end());
  await pair.call('S2');
  for (const side of /** @type {const} */ (['claimant', 'adjuster'])) {
    const { page } = pair[side];
    await page.locator('#closed-text').waitFor();
    await page.evaluate((token) => location.assign(`#token=${token}`), server.token(side, side === 'claimant' ? 'zhang' : 'li'));
  }
  await pair.meet();
  assert.equal(await pair.adjuster.page.textContent('#call-state'), '通话中');
});

test('a node dies in mid call, and the other takes over', IN_TIME, async (t) => {
  const redis = await Redis.start();
  t.after(() => redis.stop());
  const junction = await Junction.open();
  t.after(() => junction.close());
  const common = ['--redis', redis.url, '--public-url', junction.origin];
  const [one, two] = [await ports(), await ports()];
  const nodes = [await Server.start([...one, ...common], first.binary), await Server.start([...two, ...common], first.binary)];
  for (const node of nodes) t.after(() => node.stop());
  const portOf = (/** @type {string[]} */ settings) => Number(settings[1].split(':')[1]);
  junction.leadsTo(portOf(one));
  const pair = await Pair.open(browsers, nodes[0], { origin: junction.origin });
  t.after(() => pair.end());
  await pair.call('S3');
  await nodes[0].crash();
  junction.leadsTo(portOf(two));
  await pair.meet();
  assert.equal(await pair.adjuster.page.textContent('#call-state'), '通话中');
});

/** A Redis of its own, which forgets everything at the end. */
class Redis {
  #child;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} url
   */
  constructor(child, url) {
    this.#child = child;
    this.url = url;
  }

  static async start() {
    const port = await freePort();
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
    const child = spawn('redis-server', args, { stdio: 'ignore' });
    await listens(port);
    return new Redis(child, `redis://127.0.0.1:${port}`);
  }

  async stop() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
