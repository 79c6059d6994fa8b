/** How often the clock is looked at, and by how much it may be late: browsers slow hidden pages to a beat a minute. */
const BEAT_MS = 1_000;
const LATE_MS = 65_000;
/** A sleep longer ago than this says nothing about the next call. */
const RECENT_MS = 300_000;
/** Browsers leave pages that hold a lock awake. */
const LOCK = 'claimcall.console.awake';

/** Whether the browser lets this page run: a page that sleeps does not ring. */
export class Awake {
  #last = Date.now();
  #slept = { ms: 0, at: 0 };

  constructor() {
    setInterval(() => this.#beat(), BEAT_MS);
    navigator.locks?.request(LOCK, { mode: 'shared' }, () => new Promise(() => {})).catch(() => {});
  }

  /** The longest sleep of the last minutes, in milliseconds; 0 if it was awake. */
  get sleptMs() {
    return Date.now() - this.#slept.at < RECENT_MS ? this.#slept.ms : 0;
  }

  /** It was wrong, or is over: forget it. */
  forgive() {
    this.#slept = { ms: 0, at: 0 };
  }

  #beat() {
    const now = Date.now();
    const late = now - this.#last - BEAT_MS;
    if (late > LATE_MS) this.#slept = { ms: Math.max(late, this.sleptMs), at: now };
    this.#last = now;
  }
}
