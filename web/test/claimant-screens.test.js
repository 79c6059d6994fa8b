import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { decibels } from '../claimant/level.js';
import { noticeOf } from '../claimant/notice.js';
import { browserOf, obstacleOf } from '../claimant/permission.js';
import { resultOf } from '../claimant/result.js';
import { screenOf } from '../claimant/screen.js';
import { claimantWords } from '../claimant/words.js';
import { initialState } from '../sdk/core/state.js';
import { claimsOf } from '../ui/token.js';
import { sharedWords } from '../ui/words.js';
import { aToken, endedCall, myCall, waitingCall } from './support/claimant.js';

/** @import { Progress } from '../claimant/screen.js' */
/** @import { State } from '../sdk/core/state.js' */

/** @type {State} */
const signedIn = {
  ...initialState,
  connection: { status: 'online', attempt: 0 },
  session: { id: 's1', user: { id: 'zhang', role: 'claimant', name: '张先生' } },
};
/** @type {Progress} */
const ready = { holds: () => true, dismissed: null, consent: 'given', checked: true };
const unread = /** @type {Progress} */ ({ ...ready, consent: 'open', checked: false });
const invites = [{ call: myCall({ state: 'ringing' }), expiresAt: '2026-11-22T08:00:30.000Z' }];
const lost = /** @type {const} */ ({ status: 'waiting', attempt: 1, retryMs: 500 });
const over = endedCall({ reason: 'hangup', by: 'adjuster' });

describe('which screen', () => {
  /** @type {[string, State, Progress, string][]} */
  const table = [
    ['nobody signed in', initialState, unread, 'signin'],
    ['the first attempt, nothing read yet', { ...initialState, connection: { status: 'connecting', attempt: 0 } }, unread, 'consent'],
    ['the first attempt after a reload', { ...initialState, connection: { status: 'connecting', attempt: 0 } }, ready, 'connecting'],
    ['the first attempt failed', { ...initialState, connection: lost }, ready, 'connecting'],
    ['ended for good', { ...signedIn, connection: { status: 'closed', attempt: 0 } }, ready, 'closed'],
    ['nothing read yet', signedIn, unread, 'consent'],
    ['the demo', signedIn, { ...unread, demo: true }, 'demo'],
    ['the demo, not signed in yet', { ...initialState, connection: { status: 'connecting', attempt: 0 } }, { ...unread, demo: true }, 'connecting'],
    ['the demo after its first call', signedIn, { ...ready, demo: true }, 'request'],
    ['declined', signedIn, { ...unread, consent: 'declined' }, 'declined'],
    ['agreed, nothing tried yet', signedIn, { ...ready, checked: false }, 'check'],
    ['agreed and tried', signedIn, ready, 'request'],
    ['queued', { ...signedIn, call: waitingCall() }, ready, 'waiting'],
    ['it rings at an adjuster', { ...signedIn, call: { ...waitingCall(), state: 'ringing' } }, ready, 'waiting'],
    ['a direct invite before anything was read', { ...signedIn, invites }, unread, 'ringing'],
    ['accepted', { ...signedIn, call: myCall({ state: 'connecting' }) }, ready, 'call'],
    ['active', { ...signedIn, call: myCall() }, ready, 'call'],
    ['active, connection lost', { ...signedIn, connection: lost, call: myCall() }, ready, 'call'],
    ['active, and a late invite', { ...signedIn, invites, call: myCall() }, ready, 'call'],
    ['active on another device', { ...signedIn, call: myCall() }, { ...unread, holds: () => false }, 'elsewhere'],
    ['ended', { ...signedIn, call: over }, ready, 'ended'],
    ['ended and read', { ...signedIn, call: over }, { ...ready, dismissed: over.id }, 'request'],
    ['ended, and the next invite', { ...signedIn, invites, call: over }, ready, 'ringing'],
  ];
  for (const [situation, state, progress, screen] of table) {
    test(`${situation}: ${screen}`, () => assert.equal(screenOf(state, progress), screen));
  }
});

describe('what to say in a call', () => {
  const well = { sending: /** @type {const} */ ('publishing'), playing: /** @type {const} */ ('playing') };
  /** @type {[string, import('../claimant/notice.js').Notice | null, Parameters<typeof noticeOf>][]} */
  const table = [
    ['all is well', null, [myCall(), 'online', well]],
    ['no network is worst', { word: 'notice.offline', level: 'bad' }, [myCall({}, { there: { link: 'lost' } }), 'waiting', well]],
    ['no camera', { word: 'notice.refused', level: 'bad' }, [myCall(), 'online', { ...well, sending: 'refused' }]],
    ['the browser asks', { word: 'notice.asking', level: 'warn' }, [myCall({ state: 'connecting' }), 'online', { ...well, sending: 'asking' }]],
    ['the other is on the way', { word: 'notice.entering', level: 'calm' }, [myCall({ state: 'connecting' }), 'online', well]],
    ['the other is gone', { word: 'notice.other.lost', level: 'warn' }, [myCall({}, { there: { link: 'lost' }, here: { quality: 'weak' } }), 'online', well]],
    ['the other is elsewhere', { word: 'notice.other.background', level: 'warn' }, [myCall({}, { there: { link: 'background' } }), 'online', well]],
    ['weak here', { word: 'notice.here.weak', level: 'warn' }, [myCall({}, { here: { quality: 'weak' } }), 'online', well]],
    ['bad here', { word: 'notice.here.bad', level: 'warn' }, [myCall({}, { here: { quality: 'bad' } }), 'online', well]],
    ['bad there', { word: 'notice.other.bad', level: 'warn' }, [myCall({}, { there: { quality: 'bad' } }), 'online', well]],
    ['the picture stands still', { word: 'notice.stalled', level: 'warn' }, [myCall(), 'online', { ...well, playing: 'stalled' }]],
    ['the first picture is on its way', { word: 'notice.loading', level: 'calm' }, [myCall(), 'online', { ...well, playing: 'loading' }]],
  ];
  for (const [situation, notice, given] of table) {
    test(situation, () => {
      assert.deepEqual(noticeOf(...given), notice);
      if (notice) assert.ok(notice.word in claimantWords.zh, notice.word);
    });
  }
});

describe('what an end means', () => {
  const reasons = /** @type {const} */ ([
    'hangup', 'canceled', 'rejected', 'no_answer', 'busy', 'offline', 'no_adjuster', 'join_timeout',
    'lost', 'media_failed', 'ended_by_admin', 'max_duration',
  ]);
  for (const reason of reasons) {
    for (const by of /** @type {const} */ (['claimant', 'adjuster', 'hub'])) {
      test(`${reason} by ${by} has a title and says what happens next`, () => {
        for (const active_at of [undefined, '2026-11-22T08:00:00Z']) {
          const { word } = resultOf(endedCall({ reason, by }, { active_at }));
          for (const part of ['title', 'next']) assert.ok(`result.${word}.${part}` in claimantWords.en, word);
        }
      });
    }
  }

  test('calling again is offered when the call was not what was wished', () => {
    assert.deepEqual(resultOf(over), { kind: 'done', word: 'hangup', redial: false });
    assert.deepEqual(resultOf(endedCall({ reason: 'lost', by: 'claimant' })), { kind: 'failed', word: 'lost_here', redial: true });
    assert.deepEqual(resultOf(endedCall({ reason: 'lost', by: 'hub' })), { kind: 'failed', word: 'lost', redial: true });
    assert.deepEqual(resultOf(endedCall({ reason: 'no_adjuster', by: 'hub' })), { kind: 'failed', word: 'no_adjuster', redial: true });
    assert.deepEqual(resultOf(endedCall({ reason: 'canceled', by: 'claimant' })), { kind: 'stopped', word: 'canceled', redial: true });
    assert.equal(resultOf(endedCall({ reason: 'hangup', by: 'adjuster' }, { active_at: undefined })).word, 'early');
  });
});

describe('camera trouble', () => {
  test('what browsers say is understood', () => {
    const named = (/** @type {string} */ name) => obstacleOf(new DOMException('', name));
    assert.deepEqual(
      ['NotAllowedError', 'NotFoundError', 'OverconstrainedError', 'NotReadableError', 'Strange'].map(named),
      ['denied', 'missing', 'missing', 'busy', 'failed'],
    );
    assert.equal(obstacleOf(new TypeError("Cannot read properties of undefined (reading 'getUserMedia')")), 'insecure');
  });

  test('each browser has words of its own for where the permission is', () => {
    const agents = {
      wechat: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.50',
      ios: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1',
      ios_other: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/120.0 Mobile/15E148 Safari/604.1',
      android: 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36',
      chrome: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36 Edg/120.0',
      firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0',
      safari: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15',
      other: 'Something/1.0',
    };
    for (const [name, agent] of Object.entries(agents)) {
      assert.equal(browserOf(agent), name);
      assert.ok(`denied.${name}` in claimantWords.zh);
    }
  });

  test('loudness in decibels', () => {
    assert.equal(Math.round(decibels(new Float32Array(64).fill(1))), 0);
    assert.equal(Math.round(decibels(new Float32Array(64).fill(0.1))), -20);
    assert.ok(decibels(new Float32Array(64)) < -100);
  });
});

describe('tokens', () => {
  test('are read for what the page shows, whatever they are', () => {
    assert.deepEqual(claimsOf(aToken({ claim_no: 'PA1' })), { sub: 'zhang', name: '张先生', claimNo: 'PA1' });
    for (const broken of [null, '', 'a.b.c', 'e30.bnVsbA.', 'a.eyJzdWIiOjd9.c']) {
      assert.deepEqual(claimsOf(broken), { sub: '', name: '', claimNo: '' });
    }
  });
});

test('every word that any part of the page asks for exists', () => {
  const known = { ...sharedWords.zh, ...claimantWords.zh };
  const folder = new URL('../claimant/', import.meta.url);
  for (const file of readdirSync(folder).filter((name) => /\.(js|html)$/.test(name))) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    for (const [, attribute, literal] of text.matchAll(/data-t(?:-[a-z-]+)?="([^"]+)"|\bt\('([a-z_.]+)'/g)) {
      assert.ok((attribute ?? literal) in known, `${file}: ${attribute ?? literal}`);
    }
  }
});
