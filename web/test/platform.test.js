import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { browserPlatform, browserSocket, wxPlatform, wxSocket } from '../sdk/index.js';

/** @import { SocketEvents } from '../sdk/core/platform.js' */

/** @returns {{events: SocketEvents, log: string[]}} */
function recorder() {
  /** @type {string[]} */
  const log = [];
  return {
    log,
    events: {
      open: () => log.push('open'),
      message: (text) => log.push(`message ${text}`),
      close: (code, reason) => log.push(`close ${code} ${reason}`),
    },
  };
}

describe('browserSocket', () => {
  const original = globalThis.WebSocket;
  afterEach(() => {
    globalThis.WebSocket = original;
  });

  class FakeWebSocket {
    /** @type {any} */
    static made;
    /** @type {string[]} */
    calls = [];

    /**
     * @param {string} url
     * @param {string} protocol
     */
    constructor(url, protocol) {
      this.url = url;
      this.protocol = protocol;
      FakeWebSocket.made = this;
    }

    /** @param {string} text */
    send(text) {
      this.calls.push(`send ${text}`);
    }

    /** @param {number} code */
    close(code) {
      this.calls.push(`close ${code}`);
    }
  }

  test('speaks claimcall.v1 and passes text both ways', () => {
    globalThis.WebSocket = /** @type {any} */ (FakeWebSocket);
    const { events, log } = recorder();
    const socket = browserSocket('wss://hub.test/ws', events);
    const ws = FakeWebSocket.made;
    assert.equal(ws.url, 'wss://hub.test/ws');
    assert.equal(ws.protocol, 'claimcall.v1');
    ws.onopen();
    ws.onmessage({ data: '{}' });
    ws.onmessage({ data: new ArrayBuffer(2) });
    ws.onclose({ code: 4000, reason: 'going_away' });
    assert.deepEqual(log, ['open', 'message {}', 'close 4000 going_away']);
    socket.send('hi');
    socket.close();
    assert.deepEqual(ws.calls, ['send hi', 'close 1000']);
  });
});

describe('wxSocket', () => {
  /** The `wx` of a phone, with one task whose events the test fires. */
  function fakeWx() {
    /** @type {Record<string, (event?: any) => void>} */
    const fire = {};
    /** @type {any[]} */
    const calls = [];
    const task = {
      onOpen: (/** @type {any} */ run) => (fire.open = run),
      onMessage: (/** @type {any} */ run) => (fire.message = run),
      onClose: (/** @type {any} */ run) => (fire.close = run),
      onError: (/** @type {any} */ run) => (fire.error = run),
      send: (/** @type {object} */ options) => calls.push({ send: options }),
      close: (/** @type {object} */ options) => calls.push({ close: options }),
    };
    const connectSocket = (/** @type {object} */ options) => {
      calls.push({ connectSocket: options });
      return task;
    };
    return { wx: { connectSocket }, fire, calls };
  }

  test('asks for the subprotocol and passes text both ways', () => {
    const { wx, fire, calls } = fakeWx();
    const { events, log } = recorder();
    const socket = wxSocket(wx)('wss://hub.test/ws', events);
    fire.open({});
    fire.message({ data: '{}' });
    fire.message({ data: new ArrayBuffer(2) });
    socket.send('hi');
    socket.close();
    assert.deepEqual(log, ['open', 'message {}']);
    const [{ connectSocket: { fail: _, ...asked } }, { send }, { close }] = calls;
    assert.deepEqual(asked, { url: 'wss://hub.test/ws', protocols: ['claimcall.v1'], tcpNoDelay: true, timeout: 10_000 });
    assert.equal(send.data, 'hi');
    assert.equal(close.code, 1000);
  });

  test('ends once, whether error or close comes first, and is silent afterwards', () => {
    for (const order of [['error', 'close'], ['close', 'error']]) {
      const { wx, fire } = fakeWx();
      const { events, log } = recorder();
      wxSocket(wx)('wss://hub.test/ws', events);
      for (const name of order) fire[name]({ code: 1006, reason: 'interrupted', errMsg: 'interrupted' });
      fire.open({});
      fire.message({ data: '{}' });
      assert.deepEqual(log, ['close 1006 interrupted']);
    }
  });
});

/** Remembers what a platform tells, in words. */
function surroundings() {
  /** @type {string[]} */
  const told = [];
  return { told, back: () => told.push('back'), moved: () => told.push('moved') };
}

describe('browserPlatform', () => {
  const aPage = () => ({ window: new EventTarget(), document: Object.assign(new EventTarget(), { hidden: false }) });

  test('tells whenever a page that is seen may have lost its connection', () => {
    const page = aPage();
    const around = surroundings();
    const end = browserPlatform(page).watch(around);
    for (const name of ['online', 'offline', 'pageshow']) page.window.dispatchEvent(new Event(name));
    for (const name of ['visibilitychange', 'resume']) page.document.dispatchEvent(new Event(name));
    assert.deepEqual(around.told, ['back', 'back', 'back', 'back', 'back']);
    end();
    page.window.dispatchEvent(new Event('online'));
    page.document.dispatchEvent(new Event('visibilitychange'));
    assert.equal(around.told.length, 5);
  });

  test('leaves a hidden page alone', () => {
    const page = aPage();
    const around = surroundings();
    browserPlatform(page).watch(around);
    page.document.hidden = true;
    page.document.dispatchEvent(new Event('visibilitychange'));
    assert.deepEqual(around.told, []);
  });

  test('works where there is no page', () => {
    browserPlatform({}).watch(surroundings())();
  });
});

describe('wxPlatform', () => {
  /** A phone: `tell` makes it tell its listeners. */
  function aPhone() {
    /** @type {Record<string, Set<(event?: any) => void>>} */
    const listeners = { AppShow: new Set(), AppHide: new Set(), NetworkStatusChange: new Set() };
    const wx = /** @type {any} */ ({ getNetworkType: (/** @type {any} */ { success }) => success({ networkType: 'wifi' }) });
    for (const [name, all] of Object.entries(listeners)) {
      wx[`on${name}`] = (/** @type {() => void} */ run) => all.add(run);
      wx[`off${name}`] = (/** @type {() => void} */ run) => all.delete(run);
    }
    const tell = (/** @type {string} */ name, /** @type {object} */ event) => listeners[name].forEach((run) => run(event));
    const count = () => Object.values(listeners).reduce((sum, { size }) => sum + size, 0);
    let now = 0;
    return { wx, tell, count, clock: { now: () => now }, passes: (/** @type {number} */ ms) => (now += ms) };
  }

  for (const [ms, told] of /** @type {const} */ ([[4_999, 'back'], [5_000, 'moved'], [600_000, 'moved']])) {
    test(`hidden for ${ms} ms: ${told}`, () => {
      const phone = aPhone();
      const around = surroundings();
      wxPlatform(phone.wx, phone.clock).watch(around);
      phone.tell('AppHide', {});
      phone.passes(ms);
      phone.tell('AppShow', {});
      assert.deepEqual(around.told, [told]);
    });
  }

  test('another kind of network is another connection; a gap in the same may be none', () => {
    const phone = aPhone();
    const around = surroundings();
    wxPlatform(phone.wx, phone.clock).watch(around);
    for (const networkType of ['wifi', '4g', '4g']) phone.tell('NetworkStatusChange', { isConnected: true, networkType });
    phone.tell('NetworkStatusChange', { isConnected: false, networkType: 'none' });
    phone.tell('NetworkStatusChange', { isConnected: true, networkType: '4g' });
    assert.deepEqual(around.told, ['back', 'moved', 'back', 'back', 'moved']);
  });

  test('takes its listeners away', () => {
    const phone = aPhone();
    const end = wxPlatform(phone.wx, phone.clock).watch(surroundings());
    assert.equal(phone.count(), 3);
    end();
    assert.equal(phone.count(), 0);
  });
});
