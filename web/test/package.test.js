import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createContext, Script } from 'node:vm';

const root = new URL('../../', import.meta.url).pathname;
const tsc = join(root, 'web/test/node_modules/.bin/tsc');
const IN_TIME = { timeout: 120_000 };

/** The package as npm gives it to others. */
let installed = '';
let folder = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'claimcall-package-'));
  const checkout = join(folder, 'checkout');
  for (const part of ['LICENSE', 'protocol/types.d.ts', 'web/sdk', 'web/test/support/declare.js']) {
    cpSync(join(root, part), join(checkout, part), { recursive: true });
  }
  symlinkSync(join(root, 'web/test/node_modules'), join(checkout, 'web/test/node_modules'));
  const sdk = join(checkout, 'web/sdk');
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: sdk, stdio: ['ignore', 'ignore', 'inherit'] });
  assert.ok(!readdirSync(sdk).includes('types'), 'what the package needs is gone from the checkout afterwards');
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  installed = join(folder, 'node_modules/claimcall');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['xzf', join(folder, archive), '-C', installed, '--strip-components', '1']);
}, IN_TIME);

after(() => rmSync(folder, { recursive: true }));

/** @param {...string} path */
const read = (...path) => readFileSync(join(installed, ...path), 'utf8');

test('the package has what it names, with licence and words', () => {
  const manifest = JSON.parse(read('package.json'));
  const named = [manifest.main, manifest.types, ...Object.values(manifest.exports).flatMap((it) => Object.values(typeof it === 'string' ? [it] : it))];
  for (const name of [...named, 'LICENSE', 'README.md', join(manifest.miniprogram, 'index.js')]) assert.ok(read(name).length > 0, name);
  assert.equal(manifest.dependencies, undefined);
});

test('nothing in it reaches outside of it, and nothing in the part for mini-programs out of that', () => {
  for (const name of readdirSync(join(installed, 'core'))) {
    for (const [, path] of read('core', name).matchAll(/^(?:import|export) .* from '([^']+)'/gm)) assert.match(path, /^\.\/[a-z]+\.js$/, name);
  }
  for (const name of readdirSync(join(installed, 'types/core'))) assert.doesNotMatch(read('types/core', name), /\.\.\/\.\.\//, name);
});

test('its types are of use to a strict program', IN_TIME, () => {
  writeFileSync(join(folder, 'use.ts'), `
    import { Client, ClaimCallError, initialState, reduce, type State, type CallView } from 'claimcall';
    import type { Player } from 'claimcall/player.js';
    import type { Publisher } from 'claimcall/publisher.js';

    const client = new Client({ url: 'wss://x/ws', tokenSource: async () => ({ token: 't', expiresAt: Date.now() }) });
    const off: () => void = client.on('call.queued', ({ position, call }) => void (position + call.version));
    client.on('state', (state: State) => void state.backlog?.waiting[0].claim_no);
    export async function request(player: Player, publisher: Publisher): Promise<CallView> {
      const { call } = await client.request({ claim_no: 'PA1' });
      if (client.state.streams) player.play(client.state.streams.play);
      await publisher.face('user');
      return call;
    }
    // @ts-expect-error: there is no such event
    client.on('call.nothing', () => {});
    // @ts-expect-error: a claim is needed
    client.request({});
    export const state: State = reduce(initialState, { type: 'watch', on: true });
    export const retry = (error: unknown) => error instanceof ClaimCallError && error.retry && off();
  `);
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom', '--module', 'nodenext', '--types', ''];
  execFileSync(tsc, ['--ignoreConfig', ...options, 'use.ts'], { cwd: folder, stdio: 'inherit' });
});

/**
 * Loads the part for mini-programs as WeChat does: turned into CommonJS and older syntax, where there are timers and `wx` and
 * nothing else of a browser or of node.
 *
 * @param {object} wx
 */
function loadedByWeChat(wx) {
  const [copied, core] = [join(folder, 'copied'), join(folder, 'miniprogram_npm')];
  cpSync(join(installed, JSON.parse(read('package.json')).miniprogram), copied, { recursive: true });
  const sources = readdirSync(copied).map((name) => join(copied, name));
  const options = ['--allowJs', '--noCheck', '--target', 'es2017', '--module', 'commonjs', '--moduleResolution', 'bundler'];
  execFileSync(tsc, ['--ignoreConfig', ...options, '--rootDir', copied, '--outDir', core, ...sources], { stdio: 'inherit' });
  const world = createContext({ wx, setTimeout, clearTimeout });
  /** @type {Map<string, object>} */
  const loaded = new Map();
  const require = (/** @type {string} */ name) => {
    const file = join(core, name);
    if (!loaded.has(file)) {
      const module = { exports: {} };
      loaded.set(file, module);
      new Script(`(function (module, exports, require) {${readFileSync(file, 'utf8')}\n})`, { filename: file }).runInContext(world)(module, module.exports, require);
    }
    return /** @type {any} */ (loaded.get(file)).exports;
  };
  return require('index.js');
}

test('a mini-program can load it, and finds its way to wx', IN_TIME, async () => {
  /** @type {any} */
  let asked;
  const task = { send() {}, close() {}, onOpen() {}, onMessage() {}, onClose() {}, onError() {} };
  const on = () => {};
  const wx = {
    getNetworkType: on,
    onAppShow: on, offAppShow: on, onAppHide: on, offAppHide: on, onNetworkStatusChange: on, offNetworkStatusChange: on,
    connectSocket: (/** @type {object} */ options) => {
      asked = options;
      return task;
    },
  };
  const { Client } = loadedByWeChat(wx);
  const token = `e30.${Buffer.from('{"exp":4102444800}').toString('base64url')}.x`;
  const client = new Client({ url: 'wss://claims.example.com/ws', tokenSource: () => token });
  client.connect();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked.url, 'wss://claims.example.com/ws');
  assert.deepEqual([...asked.protocols], ['claimcall.v1']);
  client.close();
});
