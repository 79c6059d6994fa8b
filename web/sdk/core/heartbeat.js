/** @import { Clock } from './clock.js' */

/** So many intervals of silence, and the hub has given up this connection. */
const PATIENCE = 2.5;

/**
 * Asks the hub for a sign of life at the pace the hub wishes, and says when none came.
 * Control frames are invisible to mini-programs, so this is a message of its own.
 */
export class Heartbeat {
  #clock;
  #timeoutMs;
  #ping;
  #dead;
  #intervalMs = 0;
  #answeredAt = 0;
  /** @type {unknown} */
  #due = null;
  /** @type {unknown} */
  #overdue = null;
  #overdueAt = Infinity;

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
    this.#intervalMs = nextMs;
    this.#answeredAt = this.#clock.now();
    this.#due = this.#clock.setTimeout(() => this.now(), nextMs);
  }

  /** Whether the hub must have given up by now: timers of a machine that slept fire late. */
  get expired() {
    return this.#clock.now() - this.#answeredAt > PATIENCE * this.#intervalMs;
  }

  /**
   * Pings at once, for instance because the network changed. One unanswered ping is enough; a
   * shorter `timeoutMs` counts for that one, too.
   *
   * @param {number} [timeoutMs]
   */
  now(timeoutMs = this.#timeoutMs) {
    this.#clock.clearTimeout(this.#due);
    this.#due = null;
    if (this.expired) {
      this.#end();
      return;
    }
    const underWay = this.#overdue !== null;
    const until = this.#clock.now() + timeoutMs;
    if (until < this.#overdueAt) {
      this.#clock.clearTimeout(this.#overdue);
      this.#overdueAt = until;
      this.#overdue = this.#clock.setTimeout(() => this.#end(), timeoutMs);
    }
    if (!underWay) this.#ping();
  }

  stop() {
    this.#clock.clearTimeout(this.#due);
    this.#clock.clearTimeout(this.#overdue);
    this.#due = null;
    this.#overdue = null;
    this.#overdueAt = Infinity;
  }

  #end() {
    this.stop();
    this.#dead();
  }
}
