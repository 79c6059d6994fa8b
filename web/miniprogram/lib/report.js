/** @import { StreamStats } from '../sdk/core/wire.js' */

/**
 * The `info` of bindnetstatus. Devices leave out what they don't measure.
 *
 * @typedef {object} NetStatus
 * @property {number} [videoBitrate]  kbit/s
 * @property {number} [audioBitrate]  kbit/s
 * @property {number} [videoFPS]
 * @property {number} [netQualityLevel]  1 best to 6 broken
 */

/** What the hub takes: wire field, WeChat's field, most. */
const FIELDS = /** @type {const} */ ([
  ['video_kbps', 'videoBitrate', 100_000],
  ['audio_kbps', 'audioBitrate', 100_000],
  ['fps', 'videoFPS', 240],
  ['level', 'netQualityLevel', 6],
]);

/**
 * What WeChat measured, as the hub wants it: whole numbers, each within its limits, and nothing made up.
 *
 * @param {NetStatus} info
 * @returns {StreamStats}
 */
export function statsOf(info) {
  /** @type {StreamStats} */
  const stats = {};
  for (const [field, theirs, most] of FIELDS) {
    const value = Number(info[theirs]);
    if (info[theirs] !== undefined && Number.isFinite(value)) stats[field] = Math.min(most, Math.max(0, Math.round(value)));
  }
  return stats;
}

/** Collects what live-pusher and live-player say between two reports. */
export class Report {
  /** @type {{push?: StreamStats, play?: StreamStats}} */
  #sides = {};

  /**
   * @param {'push' | 'play'} side
   * @param {NetStatus} info
   */
  measured(side, info) {
    this.#sides[side] = { ...this.#sides[side], ...statsOf(info) };
  }

  /**
   * @param {'push' | 'play'} side
   * @param {number} code
   */
  said(side, code) {
    this.#sides[side] = { ...this.#sides[side], code };
  }

  /** What came since the last time; null if nothing did. */
  take() {
    const sides = this.#sides;
    this.#sides = {};
    return sides.push || sides.play ? sides : null;
  }
}
