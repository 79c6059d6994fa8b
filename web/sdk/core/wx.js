import { SUBPROTOCOL } from './wire.js';

/** @import { Platform, SocketFactory } from './platform.js' */

/**
 * The parts of WeChat's `wx` that the client needs.
 *
 * @typedef {object} SocketTask
 * @property {(options: {data: string, fail?: () => void}) => void} send
 * @property {(options: {code?: number, reason?: string, fail?: () => void}) => void} close
 * @property {(listener: () => void) => void} onOpen
 * @property {(listener: (message: {data: string | ArrayBuffer}) => void) => void} onMessage
 * @property {(listener: (end: {code: number, reason: string}) => void) => void} onClose
 * @property {(listener: (error: {errMsg: string}) => void) => void} onError
 *
 * @typedef {{isConnected: boolean, networkType: string}} NetworkStatus
 *
 * @typedef {object} Wx
 * @property {(options: {url: string, protocols: string[], tcpNoDelay: boolean, timeout: number, fail?: (error: {errMsg: string}) => void}) => SocketTask} connectSocket
 * @property {(options: {success: (network: {networkType: string}) => void}) => void} [getNetworkType]
 * @property {(listener: () => void) => void} onAppShow
 * @property {(listener: () => void) => void} offAppShow
 * @property {(listener: () => void) => void} onAppHide
 * @property {(listener: () => void) => void} offAppHide
 * @property {(listener: (status: NetworkStatus) => void) => void} onNetworkStatusChange
 * @property {(listener: (status: NetworkStatus) => void) => void} offNetworkStatusChange
 */

/** The code a socket ends with when its peer said nothing (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;
/** WeChat stops a hidden program after 5 s and then cuts its sockets, mostly without telling it. */
const CUT_MS = 5_000;

/**
 * Sockets of a mini-program. WeChat may report an error, a close, or both, in either order; the
 * first one counts. Sending on a socket that is gone fails silently: its end is told otherwise.
 *
 * @param {Pick<Wx, 'connectSocket'>} wx
 * @param {{timeoutMs?: number}} [options]
 * @returns {SocketFactory}
 */
export function wxSocket(wx, { timeoutMs = 10_000 } = {}) {
  return (url, events) => {
    let ended = false;
    const end = (/** @type {number} */ code, /** @type {string} */ reason) => {
      if (ended) return;
      ended = true;
      events.close(code, reason);
    };
    const broken = ({ errMsg = '' }) => end(ABNORMAL, errMsg);
    const task = wx.connectSocket({ url, protocols: [SUBPROTOCOL], tcpNoDelay: true, timeout: timeoutMs, fail: broken });
    task.onOpen(() => {
      if (!ended) events.open();
    });
    task.onMessage(({ data }) => {
      if (!ended && typeof data === 'string') events.message(data);
    });
    task.onClose(({ code, reason }) => end(code, reason));
    task.onError(broken);
    return {
      send: (text) => task.send({ data: text, fail: ignored }),
      close: () => task.close({ code: 1000, fail: ignored }),
    };
  };
}

/** WeChat throws on a failure that nobody listens to. */
function ignored() {}

/**
 * A mini-program. When it was hidden for long, or the kind of network changed, the socket is
 * dead though it does not know it.
 *
 * @param {Wx} wx
 * @param {{now?: () => number}} [options]
 * @returns {Platform}
 */
export function wxPlatform(wx, { now = Date.now } = {}) {
  return {
    socket: wxSocket(wx),
    watch({ back, moved }) {
      let hiddenAt = Infinity;
      let network = '';
      const hide = () => {
        hiddenAt = now();
      };
      const show = () => {
        if (now() - hiddenAt >= CUT_MS) moved();
        else back();
        hiddenAt = Infinity;
      };
      const change = (/** @type {NetworkStatus} */ { isConnected, networkType }) => {
        if (isConnected && network && networkType !== network) moved();
        else back();
        network = networkType;
      };
      wx.getNetworkType?.({
        success({ networkType }) {
          network ||= networkType;
        },
      });
      wx.onAppHide(hide);
      wx.onAppShow(show);
      wx.onNetworkStatusChange(change);
      return () => {
        wx.offAppHide(hide);
        wx.offAppShow(show);
        wx.offNetworkStatusChange(change);
      };
    },
  };
}
