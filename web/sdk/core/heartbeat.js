/** @import { Clock } from './clock.js' */

/**
 * Asks the hub for a sign of life at the pace the hub wishes, and says when none came.
 * Control frames are invisible to mini-programs, so this is a message of its own.
 */
export class Heartbeat {
  #clock;
  #timeoutMs;
  #ping;
  #dead;
  /** @type {unknown} */
  #due = null;
  /** @type {unknown} */
  #overdue = null;

  /**
   * @param {{clock: Clock, timeoutMs: number, ping: () => void, dead: () => void}} options
   *   `ping` sends one; `dead` is called once when its answer is `timeoutMs` late.
   */
  constructor({ clock, timeoutMs, ping, dead }) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#ping = ping;
    this.#dead = dead;
  }

  /**
   * The hub answered: the next ping is due in `nextMs`.
   *
   * @param {number} nextMs
   */
  next(nextMs) {
    this.stop();
    this.#due = this.#clock.setTimeout(() => this.now(), nextMs);
  }

  /** Pings at once, for instance because the network changed. One unanswered ping is enough. */
  now() {
    this.#clock.clearTimeout(this.#due);
    this.#due = null;
    if (this.#overdue !== null) return;
    this.#overdue = this.#clock.setTimeout(() => {
      this.stop();
      this.#dead();
    }, this.#timeoutMs);
    this.#ping();
  }

  stop() {
    this.#clock.clearTimeout(this.#due);
    this.#clock.clearTimeout(this.#overdue);
    this.#due = null;
    this.#overdue = null;
  }
}
