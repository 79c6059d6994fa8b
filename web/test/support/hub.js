import { Client } from '../../sdk/index.js';
import { FakeClock, settled } from './clock.js';

/** @import { ClientOptions } from '../../sdk/core/client.js' */
/** @import { Socket, SocketEvents, Surroundings } from '../../sdk/core/platform.js' */
/** @import { Frame } from '../../sdk/core/wire.js' */

/** One socket as the hub sees it. */
class FakeSocket {
  /** @type {Frame[]} */
  received = [];
  closed = false;
  #events;

  /**
   * @param {string} url
   * @param {SocketEvents} events
   */
  constructor(url, events) {
    this.url = url;
    this.#events = events;
  }

  /** @returns {Socket} */
  get client() {
    return {
      send: (text) => this.received.push(JSON.parse(text)),
      close: () => {
        this.closed = true;
      },
    };
  }

  get last() {
    return this.received[this.received.length - 1];
  }

  opens() {
    this.#events.open();
  }

  /** @param {object} frame */
  says(frame) {
    this.#events.message(JSON.stringify(frame));
  }

  /** @param {object} [more] */
  welcomes(more) {
    const data = {
      session: 's1',
      resume: 'secret-1',
      resumed: false,
      user: { id: 'li', role: 'adjuster', name: '李工' },
      time: '2026-11-22T08:00:05.000Z',
      heartbeat_ms: 30_000,
      ...more,
    };
    this.says({ type: 'welcome', id: this.received[0].id, data });
  }

  /**
   * @param {string} type
   * @param {object} data
   */
  pushes(type, data) {
    this.says({ type, data });
  }

  /**
   * Answers the newest command.
   *
   * @param {object} [data]
   */
  agrees(data = {}) {
    this.says({ type: 'ok', id: this.last.id, data });
  }

  /**
   * @param {string} code
   * @param {object} [more]
   */
  refuses(code, more) {
    this.says({ type: 'error', id: this.last.id, data: { code, message: code, retry: false, ...more } });
  }

  /** @param {number} nextMs */
  pongs(nextMs) {
    this.says({ type: 'pong', id: this.last.id, data: { time: '2026-11-22T08:00:05.000Z', next_ms: nextMs } });
  }

  /**
   * @param {number} code
   * @param {string} [reason]
   */
  ends(code, reason = '') {
    this.#events.close(code, reason);
  }
}

/** A hub with one client, on a clock of its own. */
export class FakeHub {
  clock = new FakeClock();
  /** What goes on around the client, for the test to tell; null while nobody watches. */
  around = /** @type {Surroundings | null} */ (null);
  /** @type {FakeSocket[]} */
  sockets = [];

  /** @param {Partial<ClientOptions>} [options] */
  constructor(options) {
    this.client = new Client({
      url: 'wss://hub.test/ws',
      token: 'token-1',
      clock: this.clock,
      random: () => 0.5,
      platform: {
        socket: (url, events) => {
          const socket = new FakeSocket(url, events);
          this.sockets.push(socket);
          return socket.client;
        },
        watch: (surroundings) => {
          this.around = surroundings;
          return () => {
            this.around = null;
          };
        },
      },
      ...options,
    });
  }

  /** The newest socket. */
  get socket() {
    return this.sockets[this.sockets.length - 1];
  }

  get status() {
    return this.client.state.connection.status;
  }

  /** The client dials; the socket is not open yet. */
  async dials() {
    this.client.connect();
    await settled();
    return this.socket;
  }

  /** @param {object} [welcome] */
  async signsIn(welcome) {
    const socket = await this.dials();
    socket.opens();
    socket.welcomes(welcome);
    return socket;
  }

  /**
   * The client has dialed again; let it in.
   *
   * @param {object} [welcome]
   */
  async letsIn(welcome) {
    await settled();
    this.socket.opens();
    this.socket.welcomes({ resumed: true, ...welcome });
    return this.socket;
  }
}
