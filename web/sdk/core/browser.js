import { SUBPROTOCOL } from './wire.js';

/** @import { Platform, SocketFactory } from './platform.js' */

/** When a page may have lost its connection without a word: seen again, thawed, back from the cache, or another network. */
const OF_WINDOW = ['pageshow', 'online', 'offline'];
const OF_DOCUMENT = ['visibilitychange', 'resume'];

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
 * A page in a browser. A hidden page keeps its socket, and a browser may be wrong about being
 * offline, so nothing is given up on its word: the connection is only looked at.
 *
 * @param {{window?: EventTarget, document?: EventTarget & {hidden: boolean}}} [page]  none outside of a browser
 * @returns {Platform}
 */
export function browserPlatform({ window, document } = globalThis) {
  return {
    socket: browserSocket,
    watch({ back }) {
      const listen = () => {
        if (!document?.hidden) back();
      };
      for (const name of OF_WINDOW) window?.addEventListener(name, listen);
      for (const name of OF_DOCUMENT) document?.addEventListener(name, listen);
      return () => {
        for (const name of OF_WINDOW) window?.removeEventListener(name, listen);
        for (const name of OF_DOCUMENT) document?.removeEventListener(name, listen);
      };
    },
  };
}
