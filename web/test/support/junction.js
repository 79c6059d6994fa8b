import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** One address in front of several servers, as a load balancer is: connections go to the one that is chosen now. */
export class Junction {
  #server;
  #target = 0;
  /** @type {Set<import('node:net').Socket>} */
  #open = new Set();

  /** @param {import('node:net').Server} server */
  constructor(server) {
    this.#server = server;
    server.on('connection', (socket) => this.#join(socket));
  }

  static async open() {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Junction(server);
  }

  get origin() {
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    return `http://127.0.0.1:${port}`;
  }

  /** @param {number} port  of the server that has the connections from now on */
  leadsTo(port) {
    this.#target = port;
  }

  async close() {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** @param {import('node:net').Socket} socket */
  #join(socket) {
    const other = connect(this.#target, '127.0.0.1');
    for (const [one, two] of [[socket, other], [other, socket]]) {
      this.#open.add(one);
      one.pipe(two);
      one.on('error', () => two.destroy());
      one.on('close', () => {
        this.#open.delete(one);
        two.destroy();
      });
    }
  }
}
