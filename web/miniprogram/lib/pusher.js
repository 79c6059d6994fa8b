/**
 * What a state of live-pusher means for the call. WeChat gives numbers; this table is the one place that knows them.
 *
 * @typedef {object} Move
 * @property {'note' | 'pushing' | 'weak' | 'retrying' | 'fresh' | 'interrupted' | 'denied' | 'broken'} does
 *   - `note`: nothing to do
 *   - `pushing`: the stream is on its way
 *   - `weak`: say that the network is weak
 *   - `retrying`: WeChat tries again by itself; say so
 *   - `fresh`: ask for new addresses; never start again with the old ones
 *   - `interrupted`: a phone call has the microphone; go on when it is over
 *   - `denied`: camera or microphone is not allowed; explain, and offer the settings
 *   - `broken`: camera, microphone or encoder does not work; say so, and try again once with new addresses
 * @property {string} what  in plain words
 * @property {string} source  where that is known from
 */

/** WeChat's page on live-pusher, its table of codes. */
const WXP = 'developers.weixin.qq.com: live-pusher';
/** Reports of developers, without an official page. */
const SEEN = 'seen on devices, not documented';

/**
 * @param {Move['does']} does
 * @param {string} what
 * @param {string} [source]
 * @returns {Move}
 */
const move = (does, what, source = WXP) => Object.freeze({ does, what, source });

/** @type {Readonly<Record<number, Move>>} */
export const PUSHER_CODES = Object.freeze({
  1001: move('note', 'connected to the server'),
  1002: move('pushing', 'handshake finished, pushing starts'),
  1003: move('note', 'camera opened'),
  1004: move('note', 'screen capture started'),
  1005: move('pushing', 'resolution changed by itself; some builds never say 1002'),
  1006: move('pushing', 'bit rate changed by itself'),
  1007: move('note', 'first picture captured'),
  1008: move('note', 'encoder started'),
  1101: move('weak', 'uplink poor'),
  1102: move('retrying', 'connection broke, WeChat connects again about three times'),
  1103: move('note', 'hardware encoder failed, software takes over'),
  1104: move('note', 'encoder starts again'),
  3001: move('retrying', 'host name not found'),
  3002: move('retrying', 'connection refused'),
  3003: move('retrying', 'handshake failed'),
  3004: move('fresh', 'the server closed: address expired, or its name still taken by the lost connection'),
  3005: move('retrying', 'reading or writing failed'),
  4998: move('note', 'microphone switched'),
  4999: move('note', 'mute switch of an iPhone'),
  5000: move('interrupted', 'interrupted by a phone call, in older lists'),
  5001: move('interrupted', 'interrupted by a phone or VoIP call'),
  10001: move('denied', 'camera not allowed'),
  10002: move('denied', 'microphone not allowed'),
  10003: move('note', 'background music could not be loaded'),
  10004: move('note', 'waiting picture could not be loaded'),
  10005: move('note', 'unknown', SEEN),
  10012: move('note', 'unknown', SEEN),
  10014: move('note', 'unknown', SEEN),
  [-1301]: move('broken', 'camera cannot be opened'),
  [-1302]: move('broken', 'microphone cannot be opened'),
  [-1303]: move('broken', 'picture cannot be encoded'),
  [-1304]: move('broken', 'sound cannot be encoded'),
  [-1305]: move('broken', 'resolution not supported'),
  [-1306]: move('broken', 'sample rate not supported'),
  [-1307]: move('fresh', 'WeChat gave up connecting again'),
  [-1311]: move('broken', 'no sound from the microphone'),
  [-1312]: move('broken', 'no sound from the microphone, stopped'),
  [-1326]: move('note', 'unknown', SEEN),
  [-3301]: move('note', 'unknown', SEEN),
});

/** Negative codes are errors, whatever they are; others that nobody has explained are left alone. */
const UNKNOWN_ERROR = move('broken', 'an error without a name', SEEN);
const UNKNOWN = move('note', 'unknown', SEEN);

/**
 * @param {number} code  of `bindstatechange`
 * @returns {Move}
 */
export function pusherMove(code) {
  return PUSHER_CODES[code] ?? (code < 0 ? UNKNOWN_ERROR : UNKNOWN);
}
