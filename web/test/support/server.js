import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The whole product, in development mode, on ports of its own. */
export class Server {
  #child;
  #folder;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} folder
   * @param {string} origin
   */
  constructor(child, folder, origin) {
    this.#child = child;
    this.#folder = folder;
    this.origin = origin;
    this.binary = binaryIn(folder);
  }

  /** @param {string[]} [settings]  flags of `serve`; they win over the usual ones */
  static async start(settings = []) {
    const folder = mkdtempSync(join(tmpdir(), 'claimcall-'));
    try {
      const child = serve(folder, settings);
      return new Server(child, folder, await publicAddress(child));
    } catch (error) {
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  async stop() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    rmSync(this.#folder, { recursive: true });
  }
}

/** @param {string} folder */
function binaryIn(folder) {
  return join(folder, 'claimcall');
}

/** Where the server listens; each may be said otherwise. */
const PORTS = ['--listen', '--rtmp-listen', '--webrtc-listen', '--internal-listen'];

/**
 * Builds the server into `folder` and starts it there.
 *
 * @param {string} folder
 * @param {string[]} settings
 */
function serve(folder, settings) {
  const root = new URL('../../..', import.meta.url).pathname;
  const binary = binaryIn(folder);
  execFileSync('go', ['build', '-o', binary, './cmd/claimcall'], { cwd: root, stdio: 'inherit' });
  const anyPort = PORTS.filter((flag) => !settings.includes(flag)).flatMap((flag) => [flag, '127.0.0.1:0']);
  const args = ['serve', '--dev', '--db', 'memory:', ...anyPort, ...settings];
  return spawn(binary, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
}

/** A port on loopback that nobody listens on. */
export async function freePort() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await once(server.close(), 'close');
  return port;
}

/**
 * Waits until somebody listens on that port.
 *
 * @param {number} port
 */
export async function listens(port) {
  for (let attempts = 0; ; attempts += 1) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (attempts > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      socket.destroy();
    }
  }
}

/**
 * Where the server says that it is.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
async function publicAddress(child) {
  const output = /** @type {NodeJS.ReadableStream} */ (child.stdout);
  for await (const line of createInterface({ input: output })) {
    const [, origin] = line.match(/^public\s+(\S+)$/) ?? [];
    if (origin) return origin;
  }
  throw new Error('the server ended without saying where it is');
}
