import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../sdk/core/backoff.js';

test('the ceiling doubles up to the cap', () => {
  const backoff = new Backoff({ baseMs: 500, capMs: 3_000, random: () => 1 });
  const waits = Array.from({ length: 5 }, () => backoff.next());
  assert.deepEqual(waits, [500, 1_000, 2_000, 3_000, 3_000]);
});

test('jitter is full: any wait from nothing to the ceiling', () => {
  const draws = [0, 0.25, 0.999];
  const backoff = new Backoff({ baseMs: 1_000, capMs: 1_000, random: () => draws.shift() ?? 0 });
  assert.deepEqual([backoff.next(), backoff.next(), backoff.next()], [0, 250, 999]);
});

test('it counts attempts and starts over after a reset', () => {
  const backoff = new Backoff({ baseMs: 500, random: () => 1 });
  backoff.next();
  backoff.next();
  assert.equal(backoff.attempt, 2);
  backoff.reset();
  assert.equal(backoff.attempt, 0);
  assert.equal(backoff.next(), 500);
});

test('left alone, it grows from half a second to half a minute, as the protocol says', () => {
  const backoff = new Backoff({ random: () => 1 });
  const waits = Array.from({ length: 8 }, () => backoff.next());
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('a thousand attempts do not overflow', () => {
  const backoff = new Backoff({ capMs: 10_000, random: () => 1 });
  for (let i = 0; i < 1_100; i += 1) backoff.next();
  assert.equal(backoff.next(), 10_000);
});
