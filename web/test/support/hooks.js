import { once } from 'node:events';
import { createServer, request } from 'node:http';

/**
 * Stands between a media service and the server that it reports to. What it is told to hold back arrives late, as it
 * does on a bad day.
 */
export class HookDesk {
  #http;
  #target = '';
  /** @type {(body: string) => boolean} */
  #holds = () => false;
  /** @type {(body: string) => boolean} */
  #allows = () => false;
  /** @type {(() => void)[]} */
  #held = [];
  /** @type {{body: string, status: number}[]}  what has been passed on */
  #passed = [];

  /** @param {import('node:http').Server} http */
  constructor(http) {
    this.#http = http;
    http.on('request', async (hook, answer) => {
      hook.setEncoding('utf8');
      let body = '';
      for await (const part of hook) body += part;
      if (this.#allows(body)) {
        answer.end('{"code":0}');
        return;
      }
      if (this.#holds(body)) await new Promise((resolve) => this.#held.push(() => resolve(undefined)));
      this.#pass(hook, body, answer);
    });
  }

  static async open() {
    const http = createServer();
    await once(http.listen(0, '127.0.0.1'), 'listening');
    return new HookDesk(http);
  }

  /** HOST:PORT for the media service. */
  get address() {
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.#http.address());
    return `127.0.0.1:${port}`;
  }

  /** @param {string} origin  of the server */
  passesTo(origin) {
    this.#target = origin;
  }

  /** @param {(body: string) => boolean} which  holds these back from now on */
  holds(which) {
    this.#holds = which;
  }

  /** @param {(body: string) => boolean} which  says yes to these itself, and the server never hears of them */
  allows(which) {
    this.#allows = which;
  }

  /** Passes on what was held back, and holds back nothing more. */
  releases() {
    this.#holds = () => false;
    for (const go of this.#held.splice(0)) go();
  }

  /**
   * Waits until such a hook was answered by the server, and returns the status.
   *
   * @param {(body: string) => boolean} which
   */
  async passed(which) {
    for (;;) {
      const hook = this.#passed.find(({ body }) => which(body));
      if (hook) return hook.status;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /**
   * @param {import('node:http').IncomingMessage} hook
   * @param {string} body
   * @param {import('node:http').ServerResponse} answer
   */
  #pass(hook, body, answer) {
    const { method, headers } = hook;
    const onwards = request(this.#target + hook.url, { method, headers }, (back) => {
      const status = back.statusCode ?? 500;
      this.#passed.push({ body, status });
      answer.writeHead(status, back.headers);
      back.pipe(answer);
    });
    onwards.on('error', () => answer.destroy());
    onwards.end(body);
  }

  async close() {
    this.#http.close();
    this.#http.closeAllConnections();
  }
}
