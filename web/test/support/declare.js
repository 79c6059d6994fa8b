/**
 * Adds to the folder of the SDK what only its package needs: the licence, and the types, which in the checkout are in the
 * comments. They speak of the wire by a copy of protocol/types.d.ts.
 *
 *   node declare.js [--clean]
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const web = new URL('../../', import.meta.url).pathname;
const sdk = join(web, 'sdk');
const types = join(sdk, 'types');
const licence = join(sdk, 'LICENSE');

for (const made of [types, licence]) rmSync(made, { recursive: true, force: true });
if (!process.argv.includes('--clean')) declare();

function declare() {
  const entries = ['index.js', 'player.js', 'publisher.js'].map((name) => join(sdk, name));
  const options = ['--declaration', '--emitDeclarationOnly', '--allowJs', '--checkJs', '--strict', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable', '--module', 'esnext', '--moduleResolution', 'bundler', '--types', ''];
  execFileSync(join(web, 'test/node_modules/.bin/tsc'), ['--ignoreConfig', ...options, '--rootDir', sdk, '--outDir', types, ...entries], { stdio: 'inherit' });
  cpSync(join(web, '../LICENSE'), licence);
  cpSync(join(web, '../protocol/types.d.ts'), join(types, 'protocol.d.ts'));
  for (const name of readdirSync(types, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.d.ts'))) {
    const file = join(types, name);
    const there = relative(dirname(file), join(types, 'protocol.js'));
    const path = there.startsWith('.') ? there : `./${there}`;
    writeFileSync(file, readFileSync(file, 'utf8').replace(/(?:\.\.\/)+protocol\/types(?:\.js)?/g, path));
  }
}
