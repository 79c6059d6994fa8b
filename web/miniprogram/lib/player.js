/**
 * What a state of live-player means for the call.
 *
 * @typedef {object} Move
 * @property {'note' | 'playing' | 'weak' | 'retrying' | 'stumbled' | 'gone'} does
 *   - `note`: nothing to do
 *   - `playing`: picture and sound arrive
 *   - `weak`: say that it stutters
 *   - `retrying`: WeChat tries again by itself; say so
 *   - `stumbled`: one piece could not be decoded; some in a row mean the same as `gone`
 *   - `gone`: WeChat gave up: try the next address, then ask for new ones
 * @property {string} what  in plain words
 * @property {string} source  where that is known from
 */

/** WeChat's page on live-player, its table of codes. */
const WXL = 'developers.weixin.qq.com: live-player';
const UNKNOWN_SOURCE = 'not documented';

/**
 * @param {Move['does']} does
 * @param {string} what
 * @param {string} [source]
 * @returns {Move}
 */
const move = (does, what, source = WXL) => Object.freeze({ does, what, source });

/** @type {Readonly<Record<number, Move>>} */
export const PLAYER_CODES = Object.freeze({
  2001: move('note', 'connected to the server'),
  2002: move('note', 'connected, pulling starts'),
  2003: move('note', 'first key frame'),
  2004: move('playing', 'playback started'),
  2005: move('note', 'progress of a recording'),
  2006: move('gone', 'the stream ended; FLV often ends without this'),
  2007: move('retrying', 'loading'),
  2008: move('note', 'decoder started'),
  2009: move('note', 'resolution changed'),
  2030: move('note', 'loudspeaker or headphones changed'),
  2032: move('playing', 'first picture drawn'),
  2101: move('stumbled', 'a picture could not be decoded'),
  2102: move('stumbled', 'sound could not be decoded'),
  2103: move('retrying', 'connection broke, WeChat connects again three times'),
  2104: move('weak', 'packets arrive unevenly'),
  2105: move('weak', 'playback stutters'),
  2106: move('note', 'hardware decoder failed, software takes over'),
  2107: move('weak', 'pictures are missing'),
  2108: move('note', 'hardware decoder failed on the first picture'),
  3001: move('retrying', 'host name not found'),
  3002: move('retrying', 'connection refused'),
  3003: move('retrying', 'handshake failed'),
  3005: move('retrying', 'reading or writing failed'),
  [-2301]: move('gone', 'WeChat gave up connecting again'),
  [-2302]: move('gone', 'the address could not be used'),
});

/** Of `stumbled` in a row: more than a lost packet or two makes. */
export const STUMBLES = 5;

/**
 * @param {number} code  of `bindstatechange`
 * @returns {Move}
 */
export function playerMove(code) {
  return PLAYER_CODES[code] ?? move(code < 0 ? 'gone' : 'note', 'unknown', UNKNOWN_SOURCE);
}
