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
  #settings;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} folder
   * @param {string} binary
   * @param {string} origin
   * @param {string[]} settings
   */
  constructor(child, folder, binary, origin, settings) {
    this.#child = child;
    this.#folder = folder;
    this.#settings = settings;
    this.origin = origin;
    this.binary = binary;
  }

  /**
   * @param {string[]} settings  flags of `serve`; they win over the usual ones
   * @param {string} [built]  the binary, where another server has built it
   */
  static async start(settings = [], built) {
    const folder = mkdtempSync(join(tmpdir(), 'claimcall-'));
    try {
      const binary = built ?? build(folder);
      const child = serve(binary, folder, settings);
      return new Server(child, folder, binary, await publicAddress(child), settings);
    } catch (error) {
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  /** Kills it, without a word to anybody. */
  async crash() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** Starts it again after a crash. Pages find it only if the settings name its ports. */
  async restart() {
    this.#child = serve(this.binary, this.#folder, this.#settings);
    await publicAddress(this.#child);
  }

  /**
   * A token for someone, signed with the development key.
   *
   * @param {'claimant' | 'adjuster'} role
   * @param {string} sub
   * @param {string} [ttl]  how long it is good for, as Go writes it
   */
  token(role, sub, ttl = '1h') {
    const args = ['token', '--dev', '--role', role, '--sub', sub, '--name', sub, '--ttl', ttl];
    return execFileSync(this.binary, args, { encoding: 'utf8' }).trim();
  }

  async stop() {
    if (this.#child.exitCode === null && !this.#child.signalCode) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#folder, { recursive: true });
  }
}

/** Where the server listens; each may be said otherwise. */
const PORTS = ['--listen', '--rtmp-listen', '--webrtc-listen', '--internal-listen'];

/** @param {string} folder  where the binary goes */
function build(folder) {
  const root = new URL('../../..', import.meta.url).pathname;
  const binary = join(folder, 'claimcall');
  execFileSync('go', ['build', '-o', binary, './cmd/claimcall'], { cwd: root, stdio: 'inherit' });
  return binary;
}

/**
 * Starts the server in `folder`.
 *
 * @param {string} binary
 * @param {string} folder
 * @param {string[]} settings
 */
function serve(binary, folder, settings) {
  const anyPort = PORTS.filter((flag) => !settings.includes(flag)).flatMap((flag) => [flag, '127.0.0.1:0']);
  const store = settings.includes('--db') || settings.includes('--redis') ? [] : ['--db', 'memory:'];
  const args = ['serve', '--dev', ...store, ...anyPort, ...settings];
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
