import { WxSockets } from './sockets.js';

/**
 * What WeChat offers a mini-program, as far as ours uses it. Methods take `success` and `fail` and answer later, as WeChat's do.
 */
export class FakeWx {
  sockets = new WxSockets();
  /** @type {Map<string, any>} */
  storage = new Map();
  /** What the person allows. */
  allowed = { 'scope.camera': true, 'scope.record': true };
  language = 'zh_CN';
  screenOn = false;
  title = '';
  /** @type {string[]} */
  toasts = [];
  /** What the person answers to a question. */
  confirms = true;
  /** @type {{path: string, data: any}[]} */
  requests = [];
  /** @type {Record<string, Set<(value: any) => void>>} */
  #listeners = {};
  /** @type {(url: string) => void} */
  #open;
  #context;

  /**
   * @param {{open: (url: string) => void, context: (kind: 'pusher' | 'player') => any}} screen  where pages are shown
   */
  constructor({ open, context }) {
    this.#open = open;
    this.#context = context;
  }

  /** @param {string} name  @param {any} [value] */
  tells(name, value) {
    for (const listener of this.#listeners[name] ?? []) listener(value);
  }

  /** The program that listened is gone. */
  deaf() {
    for (const listeners of Object.values(this.#listeners)) listeners.clear();
  }

  /** The object that pages call `wx`. */
  get api() {
    return {
      ...this.#events('AppShow', 'AppHide', 'NetworkStatusChange', 'AudioInterruptionEnd'),
      ...this.#stored(),
      getAppBaseInfo: () => ({ language: this.language }),
      getDeviceInfo: () => ({ model: 'Test phone' }),
      login: ({ success }) => later(() => success({ code: `code-${this.requests.length + 1}` })),
      request: (options) => this.#request(options),
      connectSocket: this.sockets.connect,
      authorize: ({ scope, success, fail }) => later(() => (this.allowed[scope] ? success({}) : fail({ errMsg: 'authorize:fail' }))),
      reLaunch: ({ url }) => later(() => this.#open(url)),
      setNavigationBarTitle: ({ title }) => {
        this.title = title;
      },
      setKeepScreenOn: ({ keepScreenOn }) => {
        this.screenOn = keepScreenOn;
      },
      vibrateLong: () => {},
      pageScrollTo: () => {},
      showToast: ({ title }) => this.toasts.push(title),
      showModal: ({ success }) => later(() => success({ confirm: this.confirms, cancel: !this.confirms })),
      createLivePusherContext: () => this.#context('pusher'),
      createLivePlayerContext: () => this.#context('player'),
    };
  }

  /** @param {string[]} names */
  #events(...names) {
    /** @type {Record<string, (listener: any) => void>} */
    const methods = {};
    for (const name of names) {
      const listeners = (this.#listeners[name] = new Set());
      methods[`on${name}`] = (listener) => listeners.add(listener);
      methods[`off${name}`] = (listener) => listeners.delete(listener);
    }
    return methods;
  }

  #stored() {
    return {
      getStorageSync: (/** @type {string} */ key) => this.storage.get(key) ?? '',
      setStorageSync: (/** @type {string} */ key, /** @type {any} */ value) => this.storage.set(key, structuredClone(value)),
      removeStorageSync: (/** @type {string} */ key) => this.storage.delete(key),
    };
  }

  /** @param {any} options */
  async #request({ url, method, data, header, success, fail }) {
    this.requests.push({ path: new URL(url).pathname, data });
    try {
      const response = await fetch(url, { method, headers: header, body: JSON.stringify(data) });
      const text = await response.text();
      success({ statusCode: response.status, data: parsed(text) });
    } catch {
      fail({ errMsg: 'request:fail' });
    }
  }
}

/** WeChat decodes what is JSON, and gives the text of what is not. @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {() => void} run */
function later(run) {
  queueMicrotask(run);
}
