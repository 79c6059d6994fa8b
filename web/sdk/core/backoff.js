/**
 * Waiting times between attempts to connect: exponential growth with full jitter, so that
 * ten thousand clients of a restarted node do not come back in one beat.
 */
export class Backoff {
  #attempt = 0;
  #baseMs;
  #capMs;
  #random;

  /** @param {{baseMs?: number, capMs?: number, random?: () => number}} [options] */
  constructor({ baseMs = 500, capMs = 30_000, random = Math.random } = {}) {
    this.#baseMs = baseMs;
    this.#capMs = capMs;
    this.#random = random;
  }

  /** Failed attempts since the last `reset`. */
  get attempt() {
    return this.#attempt;
  }

  /** The next wait, in milliseconds: anywhere between 0 and the current ceiling. */
  next() {
    const ceiling = Math.min(this.#capMs, this.#baseMs * 2 ** this.#attempt);
    this.#attempt += 1;
    return Math.round(this.#random() * ceiling);
  }

  /** Call when a connection has proved itself. */
  reset() {
    this.#attempt = 0;
  }
}
