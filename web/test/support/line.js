import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** @import { Page, WebSocketRoute } from 'playwright-core' */

/**
 * The network of one page. Everything that the page says and hears goes through it: its socket,
 * its requests, and the packets of its media, for which it stands in the answers of the media
 * service. Cut, it swallows all of it without a word, as a tunnel does.
 */
export class Line {
  #page;
  #up = true;
  /** @type {Map<number, Promise<Relay>>} by the port of the media service */
  #relays = new Map();

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
  }

  /** @param {Page} page  before it is opened */
  static async of(page) {
    const line = new Line(page);
    await page.routeWebSocket(/\/ws$/, (socket) => line.#carry(socket));
    await page.route(/\/(whip|whep)\//, (route) => line.#exchange(route));
    return line;
  }

  /** From now on nothing gets through. The browser knows that it is offline, if it may. */
  async cut({ silently = false } = {}) {
    this.#up = false;
    if (!silently) await this.#page.context().setOffline(true);
  }

  async mend() {
    this.#up = true;
    await this.#page.context().setOffline(false);
  }

  async end() {
    for (const relay of this.#relays.values()) (await relay).close();
  }

  /** @param {WebSocketRoute} socket */
  #carry(socket) {
    if (!this.#up) return; // nobody answers
    const server = socket.connectToServer();
    socket.onMessage((text) => {
      if (this.#up) server.send(text);
    });
    server.onMessage((text) => {
      if (this.#up) socket.send(text);
    });
    server.onClose((code, reason) => {
      if (this.#up) socket.close({ code, reason });
    });
  }

  /** @param {import('playwright-core').Route} route */
  async #exchange(route) {
    if (!this.#up) {
      await route.abort();
      return;
    }
    try {
      const response = await route.fetch();
      await route.fulfill({ response, body: await this.#throughHere(await response.text()) });
    } catch {
      await route.abort().catch(() => {}); // the page is gone, or the service is
    }
  }

  /**
   * An answer with our own ports in place of the media service's. Ways by TCP are left out.
   *
   * @param {string} sdp
   */
  async #throughHere(sdp) {
    const lines = [];
    for (const text of sdp.split('\r\n')) {
      const [, head, port, rest] = text.match(/^(a=candidate:\S+ \d udp \d+ \S+) (\d+)( .*)$/i) ?? [];
      if (port) lines.push(`${head} ${(await this.#relay(Number(port))).port}${rest}`);
      else if (!/^a=candidate:.* tcp /i.test(text)) lines.push(text);
    }
    return lines.join('\r\n');
  }

  /** @param {number} port */
  #relay(port) {
    const relay = this.#relays.get(port) ?? Relay.to(port, () => this.#up);
    this.#relays.set(port, relay);
    return relay;
  }
}

/** Passes packets on to a port of this machine, and the answers back. */
class Relay {
  #entrance;
  /** @type {Map<string, import('node:dgram').Socket>} by who sends */
  #exits = new Map();

  /** @param {import('node:dgram').Socket} entrance */
  constructor(entrance) {
    this.#entrance = entrance;
    this.port = entrance.address().port;
  }

  /**
   * @param {number} target
   * @param {() => boolean} up
   */
  static async to(target, up) {
    const entrance = createSocket('udp4');
    await once(entrance.bind(0, '127.0.0.1'), 'listening');
    const relay = new Relay(entrance);
    entrance.on('message', (packet, from) => {
      if (up()) relay.#exitOf(from, up).send(packet, target, '127.0.0.1');
    });
    return relay;
  }

  /**
   * @param {import('node:dgram').RemoteInfo} sender
   * @param {() => boolean} up
   */
  #exitOf({ address, port }, up) {
    let exit = this.#exits.get(`${address} ${port}`);
    if (!exit) {
      exit = createSocket('udp4');
      exit.on('message', (packet) => {
        if (up()) this.#entrance.send(packet, port, address);
      });
      this.#exits.set(`${address} ${port}`, exit);
    }
    return exit;
  }

  close() {
    this.#entrance.close();
    for (const exit of this.#exits.values()) exit.close();
  }
}
