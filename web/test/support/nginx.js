import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, listens } from './server.js';

const SECRET = 'hook-secret-of-this-test';

/** A real nginx with the configuration for production, on ports of its own. */
export class Nginx {
  #child;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string[]} settings  of the server that uses this nginx
   */
  constructor(child, settings) {
    this.#child = child;
    this.settings = settings;
  }

  /**
   * @param {string} folder
   * @param {string} hooks  HOST:PORT of the server that uses it
   */
  static async start(folder, hooks) {
    const home = mkdtempSync(join(folder, 'nginx-'));
    const [rtmp, control] = [await freePort(), await freePort()];
    const file = join(home, 'nginx.conf');
    writeFileSync(file, configuration({
      'listen 1935': `listen 127.0.0.1:${rtmp}`,
      '127.0.0.1:8082': `127.0.0.1:${control}`,
      '127.0.0.1:8080': hooks,
      'hook-secret-to-replace': SECRET,
      '/run/nginx.pid': join(home, 'pid'),
      '/var/lib/nginx': home,
    }));
    // A single process: a master that is killed would leave its worker behind.
    const args = ['-p', home, '-c', file, '-g', 'daemon off; master_process off;'];
    const child = spawn('/usr/sbin/nginx', args, { stdio: 'ignore' });
    await listens(rtmp);
    return new Nginx(child, [
      '--nginx-rtmp-public', `rtmp://127.0.0.1:${rtmp}`,
      '--nginx-rtmp-control', `http://127.0.0.1:${control}`,
      '--nginx-rtmp-hook-secret', SECRET,
    ]);
  }

  /** Kills it, if that has not been done. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/**
 * The file for production with other texts in place of some, which must be there.
 *
 * @param {Record<string, string>} texts
 */
function configuration(texts) {
  let text = readFileSync(new URL('../../../deploy/nginx-rtmp.conf', import.meta.url), 'utf8');
  for (const [from, to] of Object.entries(texts)) {
    if (!text.includes(from)) throw new Error(`nginx-rtmp.conf does not say ${from} any more`);
    text = text.replaceAll(from, to);
  }
  return text;
}
