import { browserPlatform } from './browser.js';
import { wxPlatform } from './wx.js';

/**
 * The seam between the client and the machine it runs on. A factory opens one socket and reports
 * to `events`; it calls `close` exactly once, whatever happened, and nothing after that.
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
 *
 * What goes on around the program and matters to its connection.
 *
 * @typedef {object} Surroundings
 * @property {() => void} back  the program is seen again, or something about the network changed:
 *   the connection may be dead without a word
 * @property {() => void} moved  what was open before is of another network, or was cut in the
 *   background: it is dead, whatever it says
 *
 * @typedef {object} Platform
 * @property {SocketFactory} socket
 * @property {(surroundings: Surroundings) => () => void} watch  returns what ends the watching
 */

/**
 * The platform that this program runs on.
 *
 * @returns {Platform}
 */
export function here() {
  // @ts-ignore: a name that mini-programs have; pages inside WeChat may have another one without sockets
  const phone = typeof wx === 'undefined' ? undefined : wx;
  return phone?.connectSocket ? wxPlatform(phone) : browserPlatform();
}
