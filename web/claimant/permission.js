/**
 * Why there is no camera, and what helps in this browser.
 *
 * @typedef {'denied' | 'missing' | 'busy' | 'insecure' | 'failed'} Obstacle
 */

/** @type {Record<string, Obstacle>} */
const OBSTACLES = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/**
 * @param {unknown} error  of getUserMedia
 * @returns {Obstacle}
 */
export function obstacleOf(error) {
  if (error instanceof TypeError) return 'insecure'; // there is no mediaDevices without https
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  return OBSTACLES[name] ?? 'failed';
}

/**
 * Browsers hide the permission in different places. The first that fits counts: most of them
 * claim to be several.
 *
 * @type {[string, RegExp][]}
 */
const BROWSERS = [
  ['wechat', /MicroMessenger/],
  ['ios_other', /CriOS|FxiOS|EdgiOS/],
  ['ios', /iPhone|iPad|iPod/],
  ['firefox', /Firefox\//],
  ['android', /Android/],
  ['chrome', /Chrom(?:e|ium)\//],
  ['safari', /Safari\//],
];

/**
 * The group of words that says where this browser keeps the permission: `denied.HERE`.
 *
 * @param {string} agent  as the browser calls itself
 */
export function browserOf(agent) {
  return BROWSERS.find(([, pattern]) => pattern.test(agent))?.[0] ?? 'other';
}

/** Lets the browser ask whether camera and microphone may be used. What came of it, the call finds out. */
export async function askForDevices() {
  try {
    const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    for (const track of media.getTracks()) track.stop();
  } catch {
    // The call says what is missing, and what helps.
  }
}
