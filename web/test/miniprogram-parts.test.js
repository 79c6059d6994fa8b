import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PLAYER_CODES, playerMove } from '../miniprogram/lib/player.js';
import { PUSHER_CODES, pusherMove } from '../miniprogram/lib/pusher.js';
import { Report, statsOf } from '../miniprogram/lib/report.js';
import { pageOf } from '../miniprogram/lib/route.js';
import { playerAttributes, pusherAttributes } from '../miniprogram/lib/streams.js';
import { en } from '../miniprogram/lib/words.en.js';
import { zh } from '../miniprogram/lib/words.zh.js';
import { modulesOf, tokensFor } from '../miniprogram/prepare.mjs';
import { aCall, someStreams } from './support/calls.js';
import { buildProject, filesOf, typeErrors } from './support/wx/project.js';

/** The parts of the mini-program by themselves, and what holds the project together. */

const require = createRequire(import.meta.url);
const home = new URL('../miniprogram/', import.meta.url).pathname;
const project = buildProject('https://hub.test');
const built = (/** @type {string} */ name) => require(join(project.folder, name));
const json = (/** @type {string} */ name) => JSON.parse(readFileSync(join(home, name), 'utf8'));

after(() => project.remove());

test('each code of live-pusher has a move, and where it is known from', () => {
  // Every code of the official table that a call over RTMP can meet.
  const documented = [
    1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1101, 1102, 1103, 1104, 3001, 3002, 3003, 3004, 3005, 4998, 4999, 5001,
    10001, 10002, 10003, 10004, -1301, -1302, -1303, -1304, -1305, -1306, -1307, -1311, -1312,
  ];
  for (const code of documented) assert.ok(PUSHER_CODES[code], `live-pusher ${code}`);
  for (const [code, { what, source }] of Object.entries(PUSHER_CODES)) assert.ok(what && source, `live-pusher ${code}`);
  const does = (/** @type {number[]} */ ...codes) => codes.map((code) => pusherMove(code).does);
  assert.deepEqual(does(-1307, 3004), ['fresh', 'fresh']);
  assert.deepEqual(does(1102, 3001, 3002, 3003, 3005), ['retrying', 'retrying', 'retrying', 'retrying', 'retrying']);
  assert.deepEqual(does(5000, 5001, 10001, 10002), ['interrupted', 'interrupted', 'denied', 'denied']);
  assert.deepEqual(does(77, -77), ['note', 'broken']);
});

test('each code of live-player has a move, and where it is known from', () => {
  const documented = [
    2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009, 2030, 2032, 2101, 2102, 2103, 2104, 2105, 2106, 2107, 2108, 3001,
    3002, 3003, 3005, -2301, -2302,
  ];
  for (const code of documented) assert.ok(PLAYER_CODES[code], `live-player ${code}`);
  for (const [code, { what, source }] of Object.entries(PLAYER_CODES)) assert.ok(what && source, `live-player ${code}`);
  const does = (/** @type {number[]} */ ...codes) => codes.map((code) => playerMove(code).does);
  assert.deepEqual(does(2004, 2032, 2103, 2101, 2102), ['playing', 'playing', 'retrying', 'stumbled', 'stumbled']);
  assert.deepEqual(does(-2301, -2302, 77, -77), ['gone', 'gone', 'note', 'gone']);
});

test('a report has what was measured, in whole numbers within the limits, and nothing made up', () => {
  assert.deepEqual(statsOf({ videoBitrate: 210.6, audioBitrate: 48, videoFPS: 14.5, netQualityLevel: 2 }), {
    video_kbps: 211, audio_kbps: 48, fps: 15, level: 2,
  });
  assert.deepEqual(statsOf({ videoBitrate: -3, videoFPS: 1e9, netQualityLevel: 9 }), { video_kbps: 0, fps: 240, level: 6 });
  assert.deepEqual(statsOf(/** @type {any} */ ({ videoBitrate: 'NaN', netSpeed: 12 })), {});
  const report = new Report();
  assert.equal(report.take(), null);
  report.measured('push', { videoBitrate: 100 });
  report.said('push', 1101);
  report.said('play', 2105);
  assert.deepEqual(report.take(), { push: { video_kbps: 100, code: 1101 }, play: { code: 2105 } });
  assert.equal(report.take(), null);
});

test('components get the first address that they can open, and the caches of the profile', () => {
  const streams = someStreams(3);
  streams.push.unshift({ protocol: 'whip', url: 'https://hub.test/whip/x' });
  streams.play = [
    { protocol: 'whep', url: 'https://hub.test/whep/x' },
    { protocol: 'rtmp', url: 'rtmp://hub.test/live/x' },
    { protocol: 'flv', url: 'https://hub.test/live/x.flv' },
  ];
  assert.match(pusherAttributes(streams).url, /^rtmp:/);
  assert.deepEqual([0, 1, 2].map((attempt) => playerAttributes(streams, attempt)?.src), [
    'rtmp://hub.test/live/x', 'https://hub.test/live/x.flv', undefined,
  ]);
  assert.deepEqual([playerAttributes(streams, 0)?.minCache, playerAttributes(streams, 0)?.maxCache], [0.2, 0.8]);
  streams.profile.max_cache_ms = 1_500;
  assert.equal(playerAttributes(streams, 0)?.maxCache, 1.5);
  assert.equal(playerAttributes({ ...streams, play: [] }, 0), null);
  assert.equal(pusherAttributes({ ...streams, push: [] }).url, '');
});

test('one page for each state', () => {
  const state = (/** @type {object} */ more) => /** @type {any} */ ({ call: null, invites: [], ...more });
  const mine = { holds: () => true, dismissed: null, over: false };
  const call = (/** @type {any} */ name) => aCall({ state: name, you: 'claimant' });
  const invites = [{ call: call('ringing'), expiresAt: '' }];
  assert.equal(pageOf(state({}), mine), 'request');
  assert.equal(pageOf(state({ call: call('queued') }), mine), 'queue');
  assert.equal(pageOf(state({ call: call('ringing') }), mine), 'queue');
  assert.equal(pageOf(state({ invites }), mine), 'ringing');
  assert.equal(pageOf(state({ invites, call: call('ended') }), mine), 'ringing');
  assert.equal(pageOf(state({ call: call('connecting') }), mine), 'call');
  assert.equal(pageOf(state({ call: call('active'), invites }), mine), 'call');
  assert.equal(pageOf(state({ call: call('active') }), { ...mine, holds: () => false }), 'request');
  assert.equal(pageOf(state({ call: call('ended') }), mine), 'result');
  assert.equal(pageOf(state({ call: call('ended') }), { ...mine, dismissed: call('ended').id }), 'request');
  assert.equal(pageOf(state({}), { ...mine, over: true }), 'result');
});

test('both languages have the same words with the same gaps, and none is empty in one only', () => {
  const flat = (/** @type {any} */ words, at = '') => Object.entries(words).flatMap(([key, word]) => (
    typeof word === 'string' ? [[`${at}${key}`, word]] : flat(word, `${at}${key}.`)
  ));
  const [chinese, english] = [flat(zh), flat(en)].map((words) => new Map(words));
  assert.deepEqual([...english.keys()].sort(), [...chinese.keys()].sort());
  for (const [key, word] of chinese) {
    const gaps = (/** @type {string} */ text) => (text.match(/\{\w+\}/g) ?? []).sort();
    assert.deepEqual(gaps(english.get(key)), gaps(word), key);
    assert.equal(english.get(key) === '', word === '', key);
    if (key !== 'language') assert.doesNotMatch(english.get(key), /[\u4e00-\u9fff]/, key);
  }
});

test('the project has every page and every file that WeChat looks for', () => {
  const { pages, themeLocation, sitemapLocation, darkmode } = json('app.json');
  for (const page of pages) {
    for (const kind of ['js', 'json', 'wxml', 'wxss']) assert.ok(existsSync(join(home, `${page}.${kind}`)), `${page}.${kind}`);
  }
  assert.ok(darkmode && json(sitemapLocation).rules.length > 0);
  const { light, dark } = json(themeLocation);
  assert.deepEqual(Object.keys(light), Object.keys(dark));
  for (const name of ['app.json', ...pages.map((/** @type {string} */ page) => `${page}.json`)]) {
    for (const [, variable] of readFileSync(join(home, name), 'utf8').matchAll(/"@(\w+)"/g)) assert.ok(light[variable], `${name}: ${variable}`);
  }
  const config = json('project.config.json');
  assert.deepEqual([config.compileType, config.appid, config.setting.es6, config.setting.enhance], ['miniprogram', 'touristappid', true, true]);
});

test('the design tokens are those of the web pages, and every one that is used exists', () => {
  const css = readFileSync(new URL('../ui/tokens.css', import.meta.url), 'utf8');
  const tokens = tokensFor(css);
  assert.doesNotMatch(tokens, /:root/);
  assert.match(tokens, /^page \{/m);
  const known = new Set([...tokens.matchAll(/(--[\w-]+):/g)].map(([, name]) => name));
  for (const file of filesOf(project.folder).filter((name) => name.endsWith('.wxss'))) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/var\((--[\w-]+)/g)) assert.ok(known.has(name), `${file}: ${name}`);
  }
  const [light, dark] = css.split('@media').map((part) => part.match(/--ground: (#\w+)/)?.[1]);
  assert.deepEqual([json('theme.json').light.ground, json('theme.json').dark.ground], [light, dark]);
});

test('what is copied is the client without what only browsers have', () => {
  const modules = modulesOf(['sdk/index.js', 'ui/seat.js', 'ui/format.js']);
  assert.ok(modules.includes('sdk/core/client.js'));
  assert.throws(() => modulesOf(['sdk/player.js']), /for browsers/);
});

test('only the person’s own language is spoken', () => {
  const { languageOf, fill } = built('lib/language.js');
  const wx = (/** @type {any} */ language, stored = '') => ({ getStorageSync: () => stored, getAppBaseInfo: () => ({ language }) });
  assert.deepEqual(['zh_CN', 'zh_TW', 'en', 'ja', '', undefined].map((language) => languageOf(wx(language))), ['zh', 'zh', 'en', 'en', 'zh', 'zh']);
  assert.equal(languageOf(wx('zh_CN', 'en')), 'en');
  assert.equal(languageOf({ getStorageSync: () => '' }), 'zh');
  assert.equal(fill('{a} and {b}', { a: 1 }), '1 and ');
});

test('a page sends WeChat only what is different', () => {
  const { difference } = built('lib/follow.js');
  assert.deepEqual(difference({ a: 1, b: { c: 1 }, d: 'x' }, { a: 1, b: { c: 2 }, d: 'x', e: null }), { b: { c: 2 }, e: null });
});

/** What a view needs, of somebody who is signed in and has no call. */
function known(/** @type {object} */ more, /** @type {object} */ state = {}) {
  const calm = { connection: { status: 'online' }, session: {}, call: null, invites: [], queue: null, ...state };
  return { words: zh, lang: 'zh', now: Date.parse('2026-11-22T08:01:05.000Z'), problem: '', over: null, elsewhere: null, state: calm, ...more };
}

test('trouble is said in words, with a way out where there is one', () => {
  const { noticeView } = built('lib/views.js');
  const notice = (/** @type {object} */ connection, /** @type {object} */ more = {}) => {
    const { notice: text, noticeAgain } = noticeView(known(more, { connection }));
    return [text, noticeAgain];
  };
  assert.deepEqual(notice({ status: 'online' }), ['', '']);
  assert.deepEqual(notice({ status: 'waiting' }), [zh.notice.waiting, '']);
  assert.deepEqual(notice({ status: 'waiting' }, { problem: 'x' }), ['x', '']);
  assert.deepEqual(notice({ status: 'closed', reason: 'signin_off' }), [zh.notice.signin_off, zh.notice.again]);
  assert.deepEqual(notice({ status: 'closed', reason: 'new word' }), [zh.notice.closed, zh.notice.again]);
  assert.deepEqual(notice({ status: 'closed', reason: 'closed' }), ['', ''], 'our own doing');
});

test('a call on another device can be moved here; a form is ready when it is complete', () => {
  const { requestView } = built('lib/views.js');
  const form = { claimNo: 'PA1', agreed: true, sending: false, denied: '' };
  assert.equal(requestView(known({ elsewhere: aCall() }), form).elsewhere, true);
  assert.deepEqual([form, { ...form, agreed: false }, { ...form, claimNo: ' ' }, { ...form, sending: true }].map(
    (filled) => requestView(known({}), filled).ready), [true, false, false, false]);
});

test('the place, the wait, and how it ended', () => {
  const { queueView, resultView } = built('lib/views.js');
  const call = aCall({ state: 'queued', you: 'claimant' });
  const view = queueView(known({}, { call, queue: { position: 3, waitMs: 125_000 } }));
  assert.deepEqual([view.position, view.wait, view.waited], ['您排在第 3 位', '预计等待约 3 分钟', '已等待 1:05']);
  const why = (/** @type {any} */ reason, /** @type {any} */ by) => {
    const ended = { ...call, state: 'ended', end: { reason, by } };
    return resultView(known({}, { call: ended })).why;
  };
  assert.deepEqual([why('hangup', 'claimant'), why('hangup', 'adjuster'), why('lost', 'hub')], ['您已挂断', '查勘员已挂断', zh.ends.lost]);
  for (const reason of ['rejected', 'no_answer', 'busy', 'offline', 'no_adjuster', 'join_timeout', 'media_failed', 'ended_by_admin', 'max_duration']) {
    assert.notEqual(why(reason, 'hub'), zh.ends.other, reason);
  }
  assert.equal(why('something new', 'hub'), zh.ends.other);
  assert.equal(resultView(known({ over: 'hangup' })).why, zh.ends.other, 'by whom is not known');
});

test('the types hold', { timeout: 120_000 }, () => {
  assert.equal(typeErrors(), '');
});
