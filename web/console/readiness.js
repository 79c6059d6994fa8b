import { Awake } from './awake.js';
import { askForNotifications } from './notify.js';
import { lookAtDevice, lookAtNotifications, lookAtPage, lookAtSound, probeDevice, probeLink } from './probes.js';

/** @import { Client } from '../sdk/core/client.js' */
/** @import { Finding } from './probes.js' */

/** @typedef {'link' | 'microphone' | 'camera' | 'sound' | 'page' | 'notifications'} Part */

/** @type {Part[]} */
export const PARTS = ['link', 'microphone', 'camera', 'sound', 'page', 'notifications'];

/**
 * Whether this device can be rung: a call that rings where nobody can answer is a claimant who waits for nothing.
 * `look` opens nothing and asks nobody; `check` does, and goes before the first call.
 */
export class Readiness {
  #client;
  #changed;
  #awake = new Awake();
  /** @type {Map<Part, Finding>} */
  #findings = new Map();
  #checking = false;
  #refused = false;

  /**
   * @param {Client} client
   * @param {() => void} changed
   */
  constructor(client, changed) {
    this.#client = client;
    this.#changed = changed;
    const look = () => void this.look();
    client.on('connection', ({ status }) => {
      if (status === 'online' || status === 'waiting') look();
    });
    document.addEventListener('visibilitychange', look);
    navigator.mediaDevices?.addEventListener('devicechange', look);
    for (const touch of ['click', 'keyup']) addEventListener(touch, () => this.#find('sound', lookAtSound()), { once: true });
  }

  get checking() {
    return this.#checking;
  }

  /** Whether the last check found what holds calls back, and it is still so. */
  get blocked() {
    return this.#refused && this.#bad;
  }

  get #bad() {
    return PARTS.some((part) => this.of(part)?.status === 'bad');
  }

  /** @param {Part} part */
  of(part) {
    return this.#findings.get(part);
  }

  /** How many parts are in each state. */
  get summary() {
    const statuses = PARTS.map((part) => this.of(part)?.status ?? 'unknown');
    const count = (/** @type {string} */ status) => statuses.filter((it) => it === status).length;
    return { bad: count('bad'), warn: count('warn'), unknown: count('unknown') };
  }

  /** Looks at everything without opening a device. */
  async look() {
    await Promise.all([
      this.#find('link', probeLink(this.#client)),
      this.#find('microphone', lookAtDevice('microphone')),
      this.#find('camera', lookAtDevice('camera')),
      this.#find('sound', lookAtSound()),
      this.#find('page', lookAtPage(this.#awake.sleptMs)),
      this.#find('notifications', lookAtNotifications()),
    ]);
  }

  /**
   * Whether calls can come, as far as can be seen without opening a device or asking anybody.
   *
   * @returns {Promise<boolean>}
   */
  async seems() {
    await this.look();
    this.#refused = this.#bad;
    this.#changed();
    return !this.#refused;
  }

  /**
   * Tries everything, from a click or a key.
   *
   * @returns {Promise<boolean>}  whether calls can come
   */
  async check() {
    this.#checking = true;
    this.#changed();
    this.#awake.forgive();
    // Not waited for: the question may stay open for as long as the person likes.
    askForNotifications().then(() => this.#find('notifications', lookAtNotifications()), () => {});
    await Promise.all([
      this.#find('link', probeLink(this.#client)),
      this.#find('microphone', probeDevice('microphone')),
      this.#find('sound', lookAtSound()),
      this.#find('page', lookAtPage(0)),
      this.#find('notifications', lookAtNotifications()),
    ]);
    await this.#find('camera', probeDevice('camera')); // after the microphone: one question at a time
    this.#checking = false;
    this.#refused = this.#bad;
    this.#changed();
    return !this.#refused;
  }

  /**
   * @param {Part} part
   * @param {Finding | Promise<Finding>} finding
   */
  async #find(part, finding) {
    this.#findings.set(part, await finding);
    this.#changed();
  }
}
