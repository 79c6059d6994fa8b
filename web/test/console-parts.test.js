import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { actionOf, KEYS } from '../console/keys.js';
import { receivedWords, sentWords, troubleWord } from '../console/quality.js';
import { consoleWords } from '../console/words.js';
import { initialState } from '../sdk/core/state.js';
import { activeCall, legs } from './support/states.js';

describe('keys', () => {
  /** @param {string} code @param {Partial<KeyboardEvent>} [more] */
  const press = (code, more) => ({ code, key: '', shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...more });

  test('each has one action, and words for it', () => {
    const all = KEYS.map(({ code, shift }) => `${code}${shift ? '+' : ''}`);
    assert.equal(new Set(all).size, all.length);
    for (const { action } of KEYS) assert.ok(`keys.${action}` in consoleWords.zh, action);
  });

  test('letters act by their place, alone; while typing only with Alt', () => {
    assert.equal(actionOf(press('KeyA'), false), 'accept');
    assert.equal(actionOf(press('KeyA'), true), null);
    assert.equal(actionOf(press('KeyA', { altKey: true }), true), 'accept');
    assert.equal(actionOf(press('KeyA', { ctrlKey: true }), false), null);
    assert.equal(actionOf(press('KeyA', { metaKey: true }), false), null);
    assert.equal(actionOf(press('KeyA', { shiftKey: true }), false), null);
    assert.equal(actionOf(press('Escape'), true), 'back');
  });

  test('hanging up takes two keys, and help has its sign wherever that is', () => {
    assert.equal(actionOf(press('KeyH'), false), null);
    assert.equal(actionOf(press('KeyH', { shiftKey: true }), false), 'hangup');
    assert.equal(actionOf(press('Slash'), false), 'search');
    assert.equal(actionOf(press('Slash', { shiftKey: true }), false), 'help');
    assert.equal(actionOf(press('Minus', { key: '?', shiftKey: true }), false), 'help');
  });
});

describe('quality in words', () => {
  const online = /** @type {const} */ ({ status: 'online', attempt: 0 });
  /** @param {Parameters<typeof legs>[0]} claimant @param {Parameters<typeof legs>[1]} [adjuster] */
  const state = (claimant, adjuster) => ({ ...initialState, connection: online, call: activeCall({ legs: legs(claimant, adjuster) }) });

  test('what comes from the claimant', () => {
    const word = (/** @type {Parameters<typeof legs>[0]} */ claimant) => receivedWords(activeCall({ legs: legs(claimant) })).word;
    assert.equal(word({}), 'quality.in.good');
    assert.equal(word({ quality: 'bad' }), 'quality.in.bad');
    assert.equal(word({ link: 'lost', quality: 'bad' }), 'quality.in.lost');
    assert.equal(word({ link: 'up' }), 'quality.in.none');
  });

  test('what goes to the claimant', () => {
    assert.equal(sentWords(state({}, { quality: 'weak' }), 'publishing').word, 'quality.out.weak');
    assert.equal(sentWords(state({}), 'refused').level, 'bad');
    assert.equal(sentWords(state({}), 'connecting').word, 'quality.out.none');
  });

  test('why a picture stands still: the own network first', () => {
    assert.equal(troubleWord({ ...state({ link: 'lost' }), connection: { status: 'waiting', attempt: 1 } }), 'trouble.here');
    assert.equal(troubleWord(state({ link: 'lost' })), 'trouble.lost');
    assert.equal(troubleWord(state({ link: 'background' })), 'trouble.background');
    assert.equal(troubleWord(state({})), 'trouble.other');
  });

  test('every verdict has words in both languages', () => {
    for (const lang of /** @type {const} */ (['zh', 'en'])) {
      for (const level of ['good', 'weak', 'bad', 'none']) {
        for (const way of ['in', 'out']) assert.ok(consoleWords[lang][`quality.${way}.${level}`], `${way} ${level}`);
      }
    }
  });
});
