import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { JSDOM } from 'jsdom';
import { Push } from './push.js';
import { PhoneTime } from './time.js';
import { until } from './until.js';
import { FakeWx } from './api.js';
import { buildProject } from './project.js';

const require = createRequire(import.meta.url);
const globals = /** @type {any} */ (globalThis);

/**
 * Somebody's phone with the mini-program open, under miniprogram-simulate. One for each process: simulate and WeChat's own
 * names are global.
 */
export class Phone {
  #project;
  #simulate;
  /** @type {Map<string, any>} loaded pages */
  #loaded = new Map();
  #time = new PhoneTime();
  /** @type {any} */
  #app;
  /** @type {any} */
  screen = null;
  /** The name of the page on the screen. */
  page = '';
  /** Every page that was shown. */
  visited = /** @type {string[]} */ ([]);
  /** @type {Push | null} what live-pusher publishes */
  push = null;
  /** live-pusher and live-player: what was asked of them, in order. */
  asked = /** @type {string[]} */ ([]);

  /** @param {string} origin  of the server */
  constructor(origin) {
    this.#project = buildProject(origin);
    this.wx = new FakeWx({ open: (url) => this.#show(url), context: (kind) => this.#context(kind) });
    this.#simulate = loadSimulate(this.wx);
    globals.App = (/** @type {any} */ app) => {
      this.#app = app;
    };
    globals.getApp = () => this.#app;
    globals.Page = asComponent;
    this.#time.install();
  }

  /**
   * The person opens the mini-program.
   *
   * @param {Record<string, string>} [query]
   */
  opens(query = {}) {
    require(join(this.#project.folder, 'app.js'));
    this.#app.onLaunch({ query });
    this.#show('/pages/request/request');
  }

  /** All that is on the screen, as text. */
  get text() {
    return this.screen.dom.textContent.replace(/\s+/g, ' ').trim();
  }

  get data() {
    return this.screen.data;
  }

  get session() {
    return this.#app.session;
  }

  /** @param {string} page */
  sees(page) {
    return until(`the phone shows the page ${page}, not ${this.page}`, () => this.page === page && this.screen);
  }

  /** @param {string} id */
  find(id) {
    return this.screen.querySelector(`#${id}`);
  }

  /** @param {string} id */
  taps(id) {
    const element = this.find(id);
    if (!element) throw new Error(`no #${id} on the page ${this.page}`);
    element.dispatchEvent('tap');
  }

  /**
   * @param {string} id
   * @param {string} value
   */
  types(id, value) {
    this.find(id).dispatchEvent('input', { detail: { value } });
  }

  /** Camera or microphone were allowed in the settings, and the person comes back. */
  allows() {
    this.wx.allowed = { 'scope.camera': true, 'scope.record': true };
    this.find('settings').dispatchEvent('opensetting', { detail: { authSetting: { ...this.wx.allowed } } });
  }

  /**
   * The attributes of live-pusher or live-player, as bound.
   *
   * @param {'pusher' | 'player'} id
   * @returns {Record<string, any>}
   */
  attributes(id) {
    const attrs = this.find(id)?.toJSON().attrs ?? [];
    // WeChat's compiler writes minBitrate for min-bitrate; j-component's leaves it.
    return Object.fromEntries(attrs.map(({ name, value }) => [name.replace(/[A-Z]/g, '-$&').toLowerCase(), value]));
  }

  /**
   * live-pusher or live-player tells its state.
   *
   * @param {'pusher' | 'player'} id
   * @param {number} code
   */
  says(id, code) {
    this.find(id).dispatchEvent('statechange', { detail: { code } });
  }

  /**
   * @param {'pusher' | 'player'} id
   * @param {object} info
   */
  measures(id, info) {
    this.find(id).dispatchEvent('netstatus', { detail: { info } });
  }

  /** Another app is in front: our code stands still, the sockets are cut without a word, the camera is off. */
  async hides() {
    this.wx.tells('AppHide');
    this.#time.sleep();
    this.wx.sockets.offline = true;
    this.wx.sockets.cut();
    await this.#stopPush();
  }

  shows() {
    this.wx.sockets.offline = false;
    this.#time.wake();
    this.wx.tells('AppShow');
  }

  /** From one network to another: what was open is dead, and nobody is told. @param {string} networkType */
  async moves(networkType) {
    this.wx.sockets.cut();
    await this.#stopPush();
    this.wx.tells('NetworkStatusChange', { isConnected: true, networkType });
  }

  /** WeChat ends the program without a word to anybody. What it stored stays. */
  async dies() {
    this.wx.sockets.cut();
    await this.#forgets();
    this.#loaded.clear();
    for (const name of Object.keys(require.cache)) if (name.startsWith(this.#project.folder)) delete require.cache[name];
  }

  async ends() {
    await this.#forgets();
    this.#time.restore();
    this.#project.remove();
  }

  /** Nothing of the program goes on in this process. */
  async #forgets() {
    this.screen?.instance.onUnload?.();
    this.screen?.detach();
    this.screen = null;
    this.page = '';
    this.#app?.session.client.close();
    this.wx.deaf();
    await this.#stopPush();
  }

  /** Handlers that the page on the screen names and doesn't have, and fields that it binds and never set. */
  gaps() {
    const source = readFileSync(join(this.#project.folder, 'pages', this.page, `${this.page}.wxml`), 'utf8');
    const handlers = [...source.matchAll(/\b(?:bind|catch):?\w+="(\w+)"/g)].map(([, name]) => name);
    const paths = [...source.matchAll(/\{\{(.+?)\}\}/g)].flatMap(([, expression]) => pathsOf(expression));
    return {
      handlers: handlers.filter((name) => typeof this.screen.instance[name] !== 'function'),
      fields: [...new Set(paths)].filter((path) => isMissing(this.data, path)),
    };
  }

  /** @param {string} url */
  #show(url) {
    const [, name] = url.match(/^\/pages\/(\w+)\/\1$/) ?? [];
    if (!name) throw new Error(`no such page: ${url}`);
    this.screen?.instance.onUnload?.();
    this.screen?.detach();
    if (!this.#loaded.has(name)) this.#loaded.set(name, this.#load(name));
    this.screen = this.#simulate.render(this.#loaded.get(name));
    this.page = name;
    this.visited.push(name);
    const body = globals.document.createElement('div');
    globals.document.body.replaceChildren(body);
    this.screen.attach(body);
    this.screen.instance.onLoad({});
  }

  /** @param {string} name */
  #load(name) {
    // WeChat's own compiler is a program for x64; elsewhere the one of j-component has to do.
    const compiler = process.arch === 'x64' ? 'official' : 'simulate';
    const { folder } = this.#project;
    return this.#simulate.load(join(folder, 'pages', name, name), 'page', { compiler, rootPath: folder });
  }

  /** @param {'pusher' | 'player'} kind */
  #context(kind) {
    const answers = (/** @type {string} */ method, /** @type {() => any} */ run = () => {}) => async (/** @type {any} */ { success } = {}) => {
      this.asked.push(`${kind}.${method}`);
      await run();
      success?.({});
    };
    const names = kind === 'pusher' ? ['switchCamera', 'toggleTorch'] : [];
    const context = Object.fromEntries(names.map((method) => [method, answers(method)]));
    if (kind === 'player') return { ...context, play: answers('play'), stop: answers('stop') };
    return { ...context, start: answers('start', () => this.#startPush()), stop: answers('stop', () => this.#stopPush()) };
  }

  #startPush() {
    this.push = new Push(this.attributes('pusher').url);
    for (const code of [1003, 1001, 1002]) this.says('pusher', code);
  }

  async #stopPush() {
    const { push } = this;
    this.push = null;
    await push?.stop();
  }
}

/**
 * What WeChat calls Page: j-component knows components only, which pages may be, too.
 *
 * @param {Record<string, any>} page
 */
function asComponent({ data, ...methods }) {
  globals.Component({ data, methods });
}

/** @param {FakeWx} wx */
function loadSimulate(wx) {
  const { window } = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: false });
  for (const name of ['document', 'Element', 'Event', 'CustomEvent', 'HTMLElement', 'Node']) globals[name] = /** @type {any} */ (window)[name];
  globals.window = window;
  globals.wx = wx.api;
  return require('miniprogram-simulate');
}

/**
 * What an expression of a template reads: `push.url` of `{{push.url}}`.
 *
 * @param {string} expression
 */
function pathsOf(expression) {
  const code = expression.replace(/'[^']*'/g, '');
  return [...code.matchAll(/[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*/g)].map(([path]) => path).filter((path) => path !== 'true' && path !== 'false');
}

/**
 * @param {any} data
 * @param {string} path
 */
function isMissing(data, path) {
  let value = data;
  for (const name of path.split('.')) {
    if (value === null) return false; // not there now, and what is in it neither
    value = value?.[name];
  }
  return value === undefined;
}
