/** @import { Device } from './media.js' */

/**
 * A method of one of WeChat's contexts as a promise of whether it worked. It never fails: what went wrong comes as a state code, too.
 *
 * @param {any} context
 * @param {string} method
 * @returns {Promise<boolean>}
 */
export function done(context, method) {
  return new Promise((resolve) => {
    if (typeof context?.[method] !== 'function') resolve(false);
    else context[method]({ success: () => resolve(true), fail: () => resolve(false) });
  });
}

/**
 * live-pusher, as the media needs it.
 *
 * @param {() => any} context  of the component; it may not be there yet
 * @returns {Device}
 */
export function pusherDevice(context) {
  return { start: () => done(context(), 'start'), stop: () => done(context(), 'stop') };
}

/**
 * @param {() => any} context
 * @returns {Device}
 */
export function playerDevice(context) {
  return { start: () => done(context(), 'play'), stop: () => done(context(), 'stop') };
}
