/**
 * Time as the code in a phone sees it: while the phone sleeps no timer runs, and those that fell due run when it wakes. The test's
 * own timers are those of node:timers.
 */
export class PhoneTime {
  #asleep = false;
  /** @type {(() => void)[]} */
  #due = [];
  #originals = { setTimeout: globalThis.setTimeout, setInterval: globalThis.setInterval };

  /** From now on the timers of this process are those of the phone. */
  install() {
    const { setTimeout, setInterval } = this.#originals;
    const held = (/** @type {Function} */ run) => (/** @type {any[]} */ ...args) => {
      if (this.#asleep) this.#due.push(() => run(...args));
      else run(...args);
    };
    Object.assign(globalThis, {
      setTimeout: (/** @type {Function} */ run, /** @type {number} */ ms, /** @type {any[]} */ ...args) => setTimeout(held(run), ms, ...args),
      setInterval: (/** @type {Function} */ run, /** @type {number} */ ms, /** @type {any[]} */ ...args) => setInterval(held(run), ms, ...args),
    });
  }

  sleep() {
    this.#asleep = true;
  }

  wake() {
    this.#asleep = false;
    for (const run of this.#due.splice(0)) run();
  }

  restore() {
    this.wake();
    Object.assign(globalThis, this.#originals);
  }
}
