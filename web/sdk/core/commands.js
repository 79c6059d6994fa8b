import { ClaimCallError } from './error.js';

/** @import { Clock } from './clock.js' */
/** @import { Frame } from './wire.js' */

/**
 * @typedef {object} Pending
 * @property {Frame} frame
 * @property {unknown} timer
 * @property {(data: any) => void} resolve
 * @property {(error: ClaimCallError) => void} reject
 */

/**
 * Commands on their way. One that has no answer yet when the connection comes back is sent
 * again under the same id: the hub answers a repeated command as it did the first time.
 */
export class Commands {
  #clock;
  #timeoutMs;
  #send;
  #prefix;
  #count = 0;
  /** @type {Map<string, Pending>} */
  #pending = new Map();

  /**
   * @param {{clock: Clock, timeoutMs: number, prefix: string, send: (frame: Frame) => void}} options
   *   `timeoutMs` covers losses of the connection; `send` drops the frame while there is none;
   *   `prefix` keeps the ids apart from those of the page before a reload.
   */
  constructor({ clock, timeoutMs, prefix, send }) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#prefix = prefix;
    this.#send = send;
  }

  /**
   * Sends a command; resolves with the data of its answer.
   *
   * @param {string} type
   * @param {object} data
   * @returns {Promise<any>}
   */
  run(type, data) {
    this.#count += 1;
    const id = `${this.#prefix}-${this.#count}`;
    const frame = { type, id, data };
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => this.#expire(id), this.#timeoutMs);
      this.#pending.set(id, { frame, timer, resolve, reject });
      this.#send(frame);
    });
  }

  /** Sends everything unanswered again, in order. */
  resend() {
    for (const { frame } of this.#pending.values()) this.#send(frame);
  }

  /**
   * Takes an `ok` or `error` frame. Answers to unknown ids came too late and are dropped.
   *
   * @param {Frame} answer
   */
  settle({ type, id, data }) {
    const pending = this.#take(id ?? '');
    if (!pending) return;
    if (type === 'ok') pending.resolve(data);
    else pending.reject(new ClaimCallError(data.code, data.message, data));
  }

  /**
   * Rejects everything unanswered.
   *
   * @param {ClaimCallError} error
   */
  fail(error) {
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(error);
  }

  /** @param {string} id */
  #expire(id) {
    this.#take(id)?.reject(new ClaimCallError('timeout', 'no answer in time', { retry: true }));
  }

  /** @param {string} id */
  #take(id) {
    const pending = this.#pending.get(id);
    if (!pending) return undefined;
    this.#pending.delete(id);
    this.#clock.clearTimeout(pending.timer);
    return pending;
  }
}
