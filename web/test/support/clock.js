/** @import { Clock } from '../../sdk/core/clock.js' */

/**
 * A clock that only moves when told to.
 *
 * @implements {Clock}
 */
export class FakeClock {
  #now = Date.parse('2026-11-22T08:00:00.000Z');
  #count = 0;
  /** @type {Map<number, {at: number, run: () => void}>} */
  #timers = new Map();

  now = () => this.#now;

  /**
   * @param {() => void} run
   * @param {number} ms
   */
  setTimeout = (run, ms) => {
    this.#count += 1;
    this.#timers.set(this.#count, { at: this.#now + ms, run });
    return this.#count;
  };

  /** @param {any} timer */
  clearTimeout = (timer) => {
    this.#timers.delete(timer);
  };

  /** Timers that are still to come. */
  get pending() {
    return this.#timers.size;
  }

  /**
   * Moves on, running everything that falls due on the way, with its promises.
   *
   * @param {number} ms
   */
  async advance(ms) {
    const end = this.#now + ms;
    for (let due = this.#firstUntil(end); due; due = this.#firstUntil(end)) {
      const [id, { at, run }] = due;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      run();
      await settled();
    }
    this.#now = end;
    await settled();
  }

  /**
   * Time passes while the machine sleeps: what falls due runs late, when it is awake again.
   *
   * @param {number} ms
   */
  sleep(ms) {
    this.#now += ms;
  }

  /** @param {number} end */
  #firstUntil(end) {
    const due = [...this.#timers].filter(([, { at }]) => at <= end);
    return due.sort(([, a], [, b]) => a.at - b.at)[0];
  }
}

/** Lets every promise that can settle do so. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
