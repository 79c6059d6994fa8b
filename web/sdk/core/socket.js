import { SUBPROTOCOL } from './wire.js';

/**
 * The seam between the client and its platform. A factory opens one socket and reports to
 * `events`; it calls `close` exactly once, whatever happened, and nothing after that.
 *
 * @typedef {object} SocketEvents
 * @property {() => void} open
 * @property {(text: string) => void} message
 * @property {(code: number, reason: string) => void} close
 *
 * @typedef {object} Socket
 * @property {(text: string) => void} send
 * @property {() => void} close
 *
 * @typedef {(url: string, events: SocketEvents) => Socket} SocketFactory
 */

/** The code a socket ends with when its peer said nothing (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;

/**
 * The browser's own WebSocket.
 *
 * @type {SocketFactory}
 */
export function browserSocket(url, events) {
  const ws = new WebSocket(url, SUBPROTOCOL);
  ws.onopen = () => events.open();
  ws.onmessage = ({ data }) => {
    if (typeof data === 'string') events.message(data);
  };
  ws.onclose = ({ code, reason }) => events.close(code, reason);
  return {
    send: (text) => ws.send(text),
    close: () => ws.close(1000),
  };
}

/**
 * The parts of WeChat's `wx` that a socket needs.
 *
 * @typedef {object} SocketTask
 * @property {(options: {data: string}) => void} send
 * @property {(options: {code?: number, reason?: string}) => void} close
 * @property {(listener: () => void) => void} onOpen
 * @property {(listener: (message: {data: string | ArrayBuffer}) => void) => void} onMessage
 * @property {(listener: (end: {code: number, reason: string}) => void) => void} onClose
 * @property {(listener: (error: {errMsg: string}) => void) => void} onError
 *
 * @typedef {object} Wx
 * @property {(options: {url: string, protocols: string[], tcpNoDelay: boolean, timeout: number}) => SocketTask} connectSocket
 */

/**
 * Sockets of a mini-program. WeChat may report an error, a close, or both, in either order;
 * the first one counts.
 *
 * @param {Wx} wx
 * @param {{timeoutMs?: number}} [options]
 * @returns {SocketFactory}
 */
export function wxSocket(wx, { timeoutMs = 10_000 } = {}) {
  return (url, events) => {
    const task = wx.connectSocket({ url, protocols: [SUBPROTOCOL], tcpNoDelay: true, timeout: timeoutMs });
    let ended = false;
    const end = (/** @type {number} */ code, /** @type {string} */ reason) => {
      if (ended) return;
      ended = true;
      events.close(code, reason);
    };
    task.onOpen(() => {
      if (!ended) events.open();
    });
    task.onMessage(({ data }) => {
      if (!ended && typeof data === 'string') events.message(data);
    });
    task.onClose(({ code, reason }) => end(code, reason));
    task.onError(({ errMsg }) => end(ABNORMAL, errMsg));
    return {
      send: (text) => task.send({ data: text }),
      close: () => task.close({ code: 1000 }),
    };
  };
}
