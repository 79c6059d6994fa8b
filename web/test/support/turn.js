import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A real TURN server. */
export class TurnServer {
  #child;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} address  HOST:PORT
   */
  constructor(child, address) {
    this.#child = child;
    this.address = address;
  }

  /** @param {string} secret  that it shares with the media service */
  static async start(secret) {
    const cwd = new URL('../turnserver', import.meta.url).pathname;
    const child = spawn('go', ['run', '.', secret], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
    const [address] = await once(createInterface({ input: child.stdout }), 'line');
    return new TurnServer(child, address);
  }

  async stop() {
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}

/** Inside a page, before its own scripts: there is no way to anybody but by TURN. */
export function onlyTurn() {
  const Original = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    /** @param {RTCConfiguration} [configuration] */
    constructor(configuration) {
      super({ ...configuration, iceTransportPolicy: 'relay' });
    }
  };
}
