import { MediaSession } from './webrtc.js';

/** @import { Playing } from './player.js' */

/**
 * Plays a WHEP address.
 *
 * @param {string} url
 * @param {HTMLVideoElement} video
 * @param {() => void} onEnd  it ended or could not begin
 * @returns {Playing}
 */
export function playWebRTC(url, video, onEnd) {
  const session = new MediaSession(url, onEnd);
  const { pc } = session;
  const stream = new MediaStream();
  pc.ontrack = ({ track }) => stream.addTrack(track);
  pc.addTransceiver('video', { direction: 'recvonly' });
  pc.addTransceiver('audio', { direction: 'recvonly' });
  video.srcObject = stream;
  session.start().catch(onEnd);
  return {
    progress: () => packetsReceived(pc),
    measure: () => session.measure(),
    stop() {
      pc.ontrack = null;
      session.close();
      video.srcObject = null;
    },
  };
}

/** @param {RTCPeerConnection} pc */
async function packetsReceived(pc) {
  let packets = 0;
  for (const report of (await pc.getStats()).values()) {
    if (report.type === 'inbound-rtp') packets += report.packetsReceived;
  }
  return packets;
}
