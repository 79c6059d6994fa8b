import { notificationPermission } from './notify.js';

/** @import { Client } from '../sdk/core/client.js' */

/**
 * What a look at one part of this device found. `word` is the key of the sentence that says it.
 *
 * @typedef {object} Finding
 * @property {'ok' | 'warn' | 'bad' | 'unknown'} status  `bad`: no call can be taken like this
 * @property {string} word
 * @property {Record<string, string | number>} [values]
 */

/** A round trip beyond this is felt as a delay of each button. */
const SLOW_MS = 800;
/** A socket that does not answer within this cannot ring. */
const DEAD_MS = 5_000;

/**
 * Sends a command that changes nothing to the hub and back.
 *
 * @param {Client} client
 * @returns {Promise<Finding>}
 */
export async function probeLink(client) {
  if (client.state.connection.status !== 'online') return { status: 'bad', word: 'ready.link.lost' };
  const began = performance.now();
  let timer = 0;
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, DEAD_MS);
  });
  try {
    await Promise.race([client.watchQueue(true), late]);
  } catch {
    return { status: 'bad', word: 'ready.link.dead' };
  } finally {
    clearTimeout(timer);
  }
  const ms = Math.round(performance.now() - began);
  return ms > SLOW_MS ? { status: 'warn', word: 'ready.link.slow', values: { ms } } : { status: 'ok', word: 'ready.link.ok', values: { ms } };
}

/**
 * Opens the device for a moment. Without a microphone nobody can be talked to; without a camera a call is still worth something.
 *
 * @param {'microphone' | 'camera'} device
 * @returns {Promise<Finding>}
 */
export async function probeDevice(device) {
  try {
    const media = await navigator.mediaDevices.getUserMedia(device === 'microphone' ? { audio: true } : { video: true });
    const [track] = media.getTracks();
    track.stop();
    return { status: 'ok', word: 'ready.device.ok', values: { name: track.label } };
  } catch (error) {
    return { status: device === 'microphone' ? 'bad' : 'warn', word: `ready.${device}.${why(error)}` };
  }
}

/** @param {unknown} error */
function why(error) {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError') return 'denied';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'none' : 'busy';
}

/**
 * What can be said of the device without opening it or asking the person.
 *
 * @param {'microphone' | 'camera'} device
 * @returns {Promise<Finding>}
 */
export async function lookAtDevice(device) {
  const failed = device === 'microphone' ? 'bad' : 'warn';
  if (!navigator.mediaDevices) return { status: failed, word: 'ready.device.insecure' };
  const kind = device === 'microphone' ? 'audioinput' : 'videoinput';
  const devices = await navigator.mediaDevices.enumerateDevices();
  const found = devices.find((it) => it.kind === kind);
  if (!found) return { status: failed, word: `ready.${device}.none` };
  const permission = await permissionOf(device);
  if (permission === 'denied') return { status: failed, word: `ready.${device}.denied` };
  if (permission === 'granted') return { status: 'ok', word: 'ready.device.ok', values: { name: found.label } };
  return { status: 'unknown', word: 'ready.device.ask' };
}

/** @param {'microphone' | 'camera'} device */
async function permissionOf(device) {
  try {
    const { state } = await navigator.permissions.query({ name: /** @type {PermissionName} */ (device) });
    return state;
  } catch {
    return 'prompt'; // some browsers do not know these names
  }
}

/** @returns {Finding} */
export function lookAtNotifications() {
  const permission = notificationPermission();
  return { status: permission === 'on' ? 'ok' : permission === 'ask' ? 'unknown' : 'warn', word: `ready.notifications.${permission}` };
}

/**
 * A page that nobody has clicked since it was loaded is kept silent by browsers, and rings for the eye only.
 *
 * @returns {Finding}
 */
export function lookAtSound() {
  const silent = navigator.userActivation?.hasBeenActive === false;
  return silent ? { status: 'warn', word: 'ready.sound.ask' } : { status: 'ok', word: 'ready.sound.ok' };
}

/**
 * @param {number} sleptMs  the longest that the browser let this page sleep of late
 * @returns {Finding}
 */
export function lookAtPage(sleptMs) {
  const discarded = 'wasDiscarded' in document && document.wasDiscarded === true;
  if (sleptMs > 0) return { status: 'warn', word: 'ready.page.slept', values: { seconds: Math.round(sleptMs / 1_000) } };
  if (discarded) return { status: 'warn', word: 'ready.page.discarded' };
  return document.hidden ? { status: 'warn', word: 'ready.page.hidden' } : { status: 'ok', word: 'ready.page.ok' };
}
