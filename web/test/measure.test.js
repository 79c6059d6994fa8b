import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { counts, measured } from '../sdk/measure.js';

/** @import { Counts } from '../sdk/measure.js' */

/** @type {Counts} */
const START = { atMs: 0, videoBytes: 0, audioBytes: 0, frames: 0, packets: 0, lost: 0, frozenMs: 0, rttMs: 20, starved: false };

/** @param {Partial<Counts>} more */
const later = (more) => ({ ...START, atMs: 2_000, videoBytes: 100_000, audioBytes: 12_000, frames: 30, packets: 200, ...more });

describe('measured', () => {
  test('gives rates', () => {
    assert.deepEqual(measured(START, later({})), { video_kbps: 400, audio_kbps: 48, fps: 15, level: 1 });
  });

  test('says nothing without two counts, nor of the same one', () => {
    assert.equal(measured(null, START), null);
    assert.equal(measured(START, null), null);
    assert.equal(measured(START, START), null);
  });

  for (const [what, more, level] of /** @type {[string, Partial<Counts>, number][]} */ ([
    ['a little loss', { lost: 3 }, 2],
    ['some loss', { lost: 10 }, 3],
    ['a moment that stood still', { frozenMs: 150 }, 1],
    ['a long way', { rttMs: 700 }, 3],
    ['a very long way', { rttMs: 800 }, 5],
    ['a frozen picture', { frozenMs: 250 }, 4],
    ['much loss', { lost: 40 }, 5],
  ])) {
    test(`${what} is level ${level}`, () => assert.equal(measured(START, later(more))?.level, level));
  }

  test('nothing that comes any more is level 6', () => {
    assert.equal(measured(later({}), { ...later({}), atMs: 4_000 })?.level, 6);
  });

  test('a sender is starved when it is so twice, and not for a moment', () => {
    assert.equal(measured(START, later({ starved: true }))?.level, 1);
    assert.equal(measured({ ...START, starved: true }, later({ starved: true }))?.level, 3);
  });

  test('counts that went back, as after a restart, are no rates', () => {
    assert.equal(measured(later({}), { ...START, atMs: 4_000 })?.video_kbps, 0);
  });
});

test('counts add up both kinds, and both ends', () => {
  const reports = /** @type {RTCStatsReport} */ (/** @type {unknown} */ (new Map(Object.entries({
    v: { type: 'inbound-rtp', kind: 'video', bytesReceived: 1_000, framesDecoded: 5, packetsReceived: 10, packetsLost: 2, totalFreezesDuration: 0.5 },
    a: { type: 'inbound-rtp', kind: 'audio', bytesReceived: 100, packetsReceived: 20, packetsLost: -1 },
    o: { type: 'outbound-rtp', kind: 'video', bytesSent: 50, framesEncoded: 1, packetsSent: 3, qualityLimitationReason: 'bandwidth' },
    r: { type: 'remote-inbound-rtp', kind: 'video', packetsLost: 4, roundTripTime: 0.25 },
    x: { type: 'transport' },
  }))));
  assert.deepEqual(counts(reports, 7), {
    atMs: 7, videoBytes: 1_050, audioBytes: 100, frames: 6, packets: 35, lost: 6, frozenMs: 500, rttMs: 250, starved: true,
  });
});
