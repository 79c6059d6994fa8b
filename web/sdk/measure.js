/**
 * How well a stream gets across, from what WebRTC counts.
 *
 * @import { StreamStats } from './core/wire.js'
 *
 * @typedef {object} Counts  since the connection began
 * @property {number} atMs
 * @property {number} videoBytes
 * @property {number} audioBytes
 * @property {number} frames
 * @property {number} packets  that were to arrive
 * @property {number} lost  of them
 * @property {number} frozenMs  so long stood the picture still
 * @property {number} rttMs  0 if it is not known
 * @property {boolean} starved  the sender holds the picture back for want of bandwidth
 */

/** Levels of the wire: 1 best, 2 good, 3 and 4 weak, 5 bad, 6 nothing at all. */
const [BEST, GOOD, WEAK, POOR, BAD, NONE] = [1, 2, 3, 4, 5, 6];

/**
 * What happened between two counts. Null if nothing can be said.
 *
 * @param {Counts | null} before
 * @param {Counts | null} now
 * @returns {StreamStats | null}
 */
export function measured(before, now) {
  if (!before || !now || now.atMs <= before.atMs) return null;
  const seconds = (now.atMs - before.atMs) / 1_000;
  const rate = (/** @type {'videoBytes' | 'audioBytes' | 'frames'} */ what) => Math.max(0, now[what] - before[what]) / seconds;
  return {
    video_kbps: Math.round((rate('videoBytes') * 8) / 1_000),
    audio_kbps: Math.round((rate('audioBytes') * 8) / 1_000),
    fps: Math.round(rate('frames')),
    level: level(before, now),
  };
}

/**
 * @param {Counts} before
 * @param {Counts} now
 */
function level(before, now) {
  const packets = now.packets - before.packets;
  if (packets === 0 && before.packets > 0) return NONE;
  const lost = packets > 0 ? Math.max(0, now.lost - before.lost) / packets : 0;
  if (lost >= 0.15 || now.rttMs >= 800) return BAD;
  const frozen = (now.frozenMs - before.frozenMs) / (now.atMs - before.atMs);
  if (frozen >= 0.1 || lost >= 0.08) return POOR;
  if (lost >= 0.05 || now.rttMs >= 300 || (now.starved && before.starved)) return WEAK;
  return lost > 0.01 || now.rttMs > 150 ? GOOD : BEST;
}

/**
 * What has been counted so far.
 *
 * @param {RTCStatsReport} reports
 * @param {number} atMs
 * @returns {Counts}
 */
export function counts(reports, atMs) {
  const sum = { atMs, videoBytes: 0, audioBytes: 0, frames: 0, packets: 0, lost: 0, frozenMs: 0, rttMs: 0, starved: false };
  for (const report of reports.values()) {
    const bytes = report.kind === 'video' ? 'videoBytes' : 'audioBytes';
    switch (report.type) {
      case 'inbound-rtp':
        sum[bytes] += report.bytesReceived;
        sum.frames += report.framesDecoded ?? 0;
        sum.packets += report.packetsReceived + Math.max(0, report.packetsLost ?? 0);
        sum.lost += Math.max(0, report.packetsLost ?? 0);
        sum.frozenMs += 1_000 * (report.totalFreezesDuration ?? 0);
        break;
      case 'outbound-rtp':
        sum[bytes] += report.bytesSent;
        sum.frames += report.framesEncoded ?? 0;
        sum.packets += report.packetsSent;
        sum.starved ||= report.qualityLimitationReason === 'bandwidth';
        break;
      case 'remote-inbound-rtp':
        sum.lost += Math.max(0, report.packetsLost ?? 0);
        sum.rttMs = Math.max(sum.rttMs, 1_000 * (report.roundTripTime ?? 0));
        break;
    }
  }
  return sum;
}
