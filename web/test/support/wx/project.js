import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from '../../../miniprogram/prepare.mjs';

const source = new URL('../../../miniprogram/', import.meta.url).pathname;
const tsc = new URL('../../node_modules/.bin/tsc', import.meta.url).pathname;

/** Left out: a module of node's, and what an earlier prepare left in the checkout. */
const NOT_CODE = /(prepare\.mjs|README\.md|package\.json|\.gitignore)$/;

/**
 * Builds the mini-program as WeChat's developer tools do: with the SDK beside it, its modules turned into CommonJS, and
 * newer syntax into older.
 *
 * @param {string} server  where ClaimCall is
 * @returns {{folder: string, remove: () => void}}
 */
export function buildProject(server) {
  const root = mkdtempSync(join(tmpdir(), 'claimcall-wx-'));
  const [plain, folder] = [join(root, 'plain'), join(root, 'built')];
  mkdirSync(plain);
  cpSync(source, plain, { recursive: true, filter: (name) => !NOT_CODE.test(name) });
  prepare(plain);
  writeFileSync(join(plain, 'config.js'), `export const config = { server: ${JSON.stringify(server)}, waitingImage: '' };\n`);
  cpSync(plain, folder, { recursive: true });
  toCommonJS(plain, folder);
  return { folder, remove: () => rmSync(root, { recursive: true }) };
}

/**
 * What TypeScript has to say of the code, with WeChat's part of it as it comes and the SDK's types. What prepare copies is left
 * out, so that there is one class of a name: the originals take its place.
 *
 * @returns {string}  empty if all is well
 */
export function typeErrors() {
  const root = mkdtempSync(join(tmpdir(), 'claimcall-wx-types-'));
  const web = new URL('../../../', import.meta.url).pathname;
  try {
    cpSync(join(source, 'lib'), join(root, 'lib'), { recursive: true });
    const settings = {
      extends: join(web, 'test/tsconfig.json'),
      compilerOptions: { rootDirs: [root, web] },
      include: [join(web, '../protocol/types.d.ts'), join(root, 'lib')],
    };
    writeFileSync(join(root, 'tsconfig.json'), JSON.stringify(settings));
    return spawnSync(tsc, ['-p', root, '--pretty', 'false'], { encoding: 'utf8' }).stdout;
  } finally {
    rmSync(root, { recursive: true });
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
function toCommonJS(from, to) {
  const files = filesOf(from).filter((name) => name.endsWith('.js'));
  const options = ['--allowJs', '--noCheck', '--module', 'commonjs', '--moduleResolution', 'bundler', '--target', 'es2017'];
  execFileSync(tsc, ['--ignoreConfig', ...options, '--rootDir', from, '--outDir', to, ...files], { stdio: 'inherit' });
}

/**
 * Every file below a folder.
 *
 * @param {string} folder
 */
export function filesOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
