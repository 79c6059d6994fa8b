import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import WebSocket from 'ws';

/** WeChat allows no more at once. */
const MOST_SOCKETS = 5;

/**
 * The parts of `wx` that the SDK uses, over real WebSockets, with WeChat's own limits: what WeChat would refuse fails the
 * test, and a phone in the background or on another network loses its sockets without a word.
 */
export class StrictWx {
  #events = new EventEmitter();
  /** @type {Set<WebSocket>} */
  #open = new Set();
  /** Sockets that were ever asked for. */
  count = 0;

  /** The object that programs call `wx`. */
  get api() {
    const events = Object.fromEntries(['AppShow', 'AppHide', 'NetworkStatusChange'].flatMap((name) => [
      [`on${name}`, (/** @type {() => void} */ run) => this.#events.on(name, run)],
      [`off${name}`, (/** @type {() => void} */ run) => this.#events.off(name, run)],
    ]));
    const getNetworkType = (/** @type {any} */ { success }) => queueMicrotask(() => success({ networkType: 'wifi' }));
    return { ...events, getNetworkType, connectSocket: (/** @type {any} */ options) => this.#connect(options) };
  }

  /** Nobody listens to the phone any more. */
  get forgotten() {
    return this.#events.eventNames().length === 0;
  }

  /** @param {string} networkType */
  movesTo(networkType) {
    this.cuts();
    this.#events.emit('NetworkStatusChange', { isConnected: true, networkType });
  }

  /** The sockets are dead, and nobody is told. */
  cuts() {
    for (const ws of this.#open) {
      ws.removeAllListeners();
      ws.on('error', () => {});
      ws.terminate();
    }
    this.#open.clear();
  }

  /** @param {any} options */
  #connect({ url, protocols, tcpNoDelay, timeout, fail }) {
    assert.match(url, /^wss?:\/\/[^?#]+$/, 'no secret in an address');
    assert.ok(Array.isArray(protocols) && protocols.every((it) => typeof it === 'string'));
    assert.equal(typeof tcpNoDelay, 'boolean');
    assert.ok(Number.isInteger(timeout) && timeout > 0);
    assert.equal(typeof fail, 'function');
    assert.ok(this.#open.size < MOST_SOCKETS, 'too many sockets');
    this.count += 1;
    const ws = new WebSocket(url, protocols);
    this.#open.add(ws);
    ws.on('close', () => this.#open.delete(ws));
    return {
      send: (/** @type {any} */ asked) => send(ws, asked),
      close: (/** @type {any} */ asked) => close(ws, asked),
      onOpen: (/** @type {any} */ run) => ws.on('open', () => run({ header: {} })),
      onMessage: (/** @type {any} */ run) => ws.on('message', (data) => run({ data: String(data) })),
      onClose: (/** @type {any} */ run) => ws.on('close', (code, reason) => run({ code, reason: String(reason) })),
      onError: (/** @type {any} */ run) => ws.on('error', ({ message }) => run({ errMsg: message })),
    };
  }
}

/**
 * @param {WebSocket} ws
 * @param {{data: unknown, fail: (error: object) => void}} asked
 */
function send(ws, { data, fail }) {
  assert.equal(typeof data, 'string');
  assert.equal(typeof fail, 'function', 'WeChat throws on a failure that nobody listens to');
  if (ws.readyState === WebSocket.OPEN) ws.send(data);
  else fail({ errMsg: 'sendSocketMessage:fail' });
}

/**
 * @param {WebSocket} ws
 * @param {{code: number, reason?: string, fail: (error: object) => void}} asked
 */
function close(ws, { code, reason = '', fail }) {
  assert.ok(code === 1000 || (code >= 3000 && code <= 4999), `WeChat closes with 1000 or 3000 to 4999, not ${code}`);
  assert.ok(Buffer.byteLength(reason) <= 123);
  assert.equal(typeof fail, 'function', 'WeChat throws on a failure that nobody listens to');
  if (ws.readyState === WebSocket.OPEN) ws.close(code, reason);
  else ws.terminate();
}
