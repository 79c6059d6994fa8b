import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { claimantWords } from '../claimant/words.js';
import { consoleWords } from '../console/words.js';
import { endWords } from '../ui/end.js';
import { duration, minutes, secondsUntil } from '../ui/format.js';
import { Language } from '../ui/language.js';
import { ffmpegCommand } from '../ui/publish.js';
import { sharedWords } from '../ui/words.js';
import { someStreams } from './support/calls.js';
import { endedCall } from './support/claimant.js';

/** @import { CallView } from '../sdk/core/wire.js' */

/** @param {string} path */
const source = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** Everything that makes up a page, its words apart. @param {string} page */
function sourcesOf(page) {
  const files = readdirSync(new URL(`../${page}`, import.meta.url)).filter((name) => /\.(js|html)$/.test(name) && !name.startsWith('words'));
  return files.map((name) => source(`${page}/${name}`)).join('\n');
}

describe('words', () => {
  for (const [name, words] of Object.entries({ sharedWords, consoleWords, claimantWords })) {
    test(`${name}: both languages say the same things with the same values`, () => {
      assert.deepEqual(Object.keys(words.zh), Object.keys(words.en));
      const values = (/** @type {string} */ text) => (text.match(/\{\w+\}/g) ?? []).sort();
      for (const key of Object.keys(words.zh)) {
        assert.deepEqual(values(words.zh[key]), values(words.en[key]), key);
      }
    });
  }

  for (const [page, words] of Object.entries({ console: consoleWords, claimant: claimantWords })) {
    test(`${page}: every word that the page asks for exists`, () => {
      const known = { ...sharedWords.zh, ...words.zh };
      const text = sourcesOf(page);
      const asked = [...text.matchAll(/data-t(?:-[a-z-]+)?="([^"]+)"|\bt\('([a-z_.]+)'/g)].map((match) => match[1] ?? match[2]);
      assert.ok(asked.length > 30);
      for (const key of asked) assert.ok(key in known, key);
    });
  }

  test('every reason, link and availability of the wire has words', () => {
    const types = source('../protocol/types.d.ts');
    const known = { ...sharedWords.zh, ...consoleWords.zh };
    const valuesOf = (/** @type {string} */ type) => {
      const body = types.match(new RegExp(`export type ${type} =(.+?);\n\n`, 's'))?.[1] ?? '';
      return [...body.matchAll(/\| "([a-z_]+)"/g)].map((match) => match[1]);
    };
    for (const [type, group] of [['Reason', 'end'], ['Link', 'link'], ['Availability', 'availability'], ['WithdrawReason', 'withdrawn']]) {
      const values = valuesOf(type);
      assert.ok(values.length > 3, type);
      for (const value of values) {
        const key = `${group}.${value}`;
        assert.ok(key in known || `${key}.other` in known, key);
      }
    }
  });
});

test('every code of the SDK itself has words', () => {
  for (const code of ['stale', 'timeout', 'lost', 'closed']) {
    for (const lang of /** @type {const} */ (['zh', 'en'])) assert.ok(`error.${code}` in sharedWords[lang], `${lang} ${code}`);
  }
});

test('an end is the doing of one side only if it was', () => {
  const language = /** @type {Language} */ ({
    has: (/** @type {string} */ key) => key in sharedWords.zh,
    t: (/** @type {string} */ key) => sharedWords.zh[key],
  });
  const words = (/** @type {Partial<NonNullable<CallView['end']>>} */ end) => endWords(endedCall(/** @type {NonNullable<CallView['end']>} */ (end)), language);
  assert.equal(words({ reason: 'lost', by: 'claimant' }), '您的连接中断时间过长');
  assert.equal(words({ reason: 'lost', by: 'adjuster' }), '对方连接中断时间过长');
  assert.equal(words({ reason: 'lost', by: 'hub' }), '连接中断时间过长');
  assert.equal(words({ reason: 'hangup', by: 'hub' }), '通话已结束');
  assert.equal(words({ reason: 'no_answer', by: 'hub' }), '对方未接听');
});

describe('Language', () => {
  test('starts Chinese, switches, remembers, and fills values in', () => {
    const kept = new Map();
    globalThis.localStorage = /** @type {any} */ ({
      getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value),
    });
    const words = { zh: { hi: '你好，{name}' }, en: { hi: 'Hello {name}' } };
    const language = new Language(words, { zh: { more: '更多' }, en: { more: 'More' } });
    assert.equal(language.tag, 'zh-CN');
    assert.equal(language.t('hi', { name: '李工' }), '你好，李工');
    language.toggle();
    assert.equal(language.t('hi', { name: 'Li' }), 'Hello Li');
    assert.equal(new Language(words).tag, 'en');
    assert.ok(language.has('more') && !language.has('toString') && !language.has('less'));
  });
});

describe('format', () => {
  test('durations', () => {
    assert.deepEqual([0, 999, 7_000, 187_000, 3_723_000, -5].map(duration), ['0:00', '0:00', '0:07', '3:07', '1:02:03', '0:00']);
  });

  test('minutes are whole and at least one', () => {
    assert.deepEqual([0, 1, 60_000, 60_001, 150_000].map(minutes), [1, 1, 1, 2, 3]);
  });

  test('seconds until a time of the hub', () => {
    const now = Date.parse('2026-11-22T08:00:00.000Z');
    assert.equal(secondsUntil('2026-11-22T08:00:30.000Z', now), 30);
    assert.equal(secondsUntil('2026-11-22T08:00:30.040Z', now), 30);
    assert.equal(secondsUntil('2026-11-22T08:00:29.900Z', now), 29);
    assert.equal(secondsUntil('2026-11-22T07:59:00.000Z', now), 0);
  });
});

test('the ffmpeg command publishes what the profile asks for, its address safely quoted', () => {
  const command = ffmpegCommand("rtmp://h/live/a?x=1&y='", someStreams(1).profile);
  assert.match(command, /testsrc2=size=360x640:rate=15 /);
  assert.match(command, / -bf 0 -g 30 -b:v 800k -c:a aac -ar 48000 -f flv 'rtmp:\/\/h\/live\/a\?x=1&y='\\'''$/);
});
