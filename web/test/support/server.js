import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
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
  }

  static async start() {
    const folder = mkdtempSync(join(tmpdir(), 'claimcall-'));
    try {
      const child = serve(folder);
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

/**
 * Builds the server into `folder` and starts it there.
 *
 * @param {string} folder
 */
function serve(folder) {
  const root = new URL('../../..', import.meta.url).pathname;
  const binary = join(folder, 'claimcall');
  execFileSync('go', ['build', '-o', binary, './cmd/claimcall'], { cwd: root, stdio: 'inherit' });
  const anyPort = ['--listen', '--rtmp-listen', '--internal-listen'].flatMap((flag) => [flag, '127.0.0.1:0']);
  const args = ['serve', '--dev', '--db', 'memory:', ...anyPort];
  return spawn(binary, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
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
