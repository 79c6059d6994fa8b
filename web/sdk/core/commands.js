import { ClaimCallError } from './error.js';

/** @import { Clock } from './clock.js' */
/** @import { CommandType, Frame } from './wire.js' */

/**
 * What may be done with a command while there is no connection, or when it broke before the answer.
 *
 * @typedef {object} Rule
 * @property {number} lifeMs  so long after it was given it may still be sent, and its answer is waited for;
 *   later, whoever gave it no longer means it
 * @property {boolean} repeats  whether it may be sent again if nobody knows what became of it
 * @property {boolean} [replaces]  it says the whole: an older one that did not go out yet is void, if of the same call
 */

/** @type {Record<Exclude<CommandType, 'hello' | 'ping'>, Rule>} */
const RULES = {
  // The hub knows a wish by its request_id, and whoever wishes to be called waits.
  'call.request': { lifeMs: 20_000, repeats: true },
  // Each one may ring: what was declined a moment ago must not ring again by itself.
  'call.invite': { lifeMs: 10_000, repeats: false },
  // Ok again for the side that did it; nothing for a ring that is over. No longer than a ring is meant.
  'call.accept': { lifeMs: 15_000, repeats: true },
  'call.reject': { lifeMs: 15_000, repeats: true },
  // Takes the leg: later, the person may have gone on elsewhere.
  'call.join': { lifeMs: 15_000, repeats: true },
  // Whoever leaves a call stays away from it, and nothing is more annoying than a call that goes on.
  'call.cancel': { lifeMs: 60_000, repeats: true },
  'call.hangup': { lifeMs: 60_000, repeats: true },
  // Names the generation that failed, and gives the newest.
  'streams.refresh': { lifeMs: 10_000, repeats: true },
  // A measure of some seconds ago is none.
  'streams.report': { lifeMs: 3_000, repeats: false },
  // Who wanted calls a minute ago may have left the desk.
  'availability.set': { lifeMs: 10_000, repeats: true, replaces: true },
  // Each says the whole.
  'queue.watch': { lifeMs: 20_000, repeats: true, replaces: true },
  'call.note': { lifeMs: 60_000, repeats: true, replaces: true },
  // A ticket is good once, and the next sign-in brings another.
  'token.refresh': { lifeMs: 20_000, repeats: false, replaces: true },
  // The next sign-in would be ended by it.
  'session.end': { lifeMs: 3_000, repeats: false },
};

/** An answer that takes so long makes the connection suspicious. */
const SLOW_MS = 3_000;

/**
 * @typedef {object} Pending
 * @property {Frame} frame
 * @property {Rule} rule
 * @property {number} until  it may be sent before
 * @property {number} end  its answer is waited for before
 * @property {boolean} sent  it went out, on this connection or an earlier one
 * @property {unknown} timer
 * @property {(data: any) => void} resolve
 * @property {(error: ClaimCallError) => void} reject
 */

/**
 * Commands on their way, and those that wait for a connection. One that has no answer yet when the
 * connection comes back is sent again under the same id, as far as its rule allows and its life lasts.
 */
export class Commands {
  #clock;
  #longestMs;
  #send;
  #slow;
  #prefix;
  #count = 0;
  /** @type {Map<string, Pending>} in the order they were given */
  #pending = new Map();
  /** @type {unknown} */
  #doubt = null;

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {number} options.longestMs  no life is longer; losses of the connection included
   * @param {string} options.prefix  keeps the ids apart from those of the page before a reload
   * @param {(frame: Frame) => boolean} options.send  returns whether there is a connection
   * @param {() => void} options.slow  called when an answer is late
   */
  constructor({ clock, longestMs, prefix, send, slow }) {
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#prefix = prefix;
    this.#send = send;
    this.#slow = slow;
  }

  /**
   * Sends a command, now or as soon as there is a connection; resolves with the data of its answer.
   *
   * @param {keyof typeof RULES} type
   * @param {any} data
   * @param {number} [meantMs]  if this one is not to be sent as late as others of its kind
   * @returns {Promise<any>}
   */
  run(type, data, meantMs = Infinity) {
    this.#count += 1;
    const id = `${this.#prefix}-${this.#count}`;
    const rule = RULES[type];
    const frame = { type, id, data };
    const life = Math.min(rule.lifeMs, this.#longestMs);
    const meant = Math.min(life, meantMs);
    const now = this.#clock.now();
    const answer = new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => this.#expire(id), meant);
      this.#pending.set(id, { frame, rule, until: now + meant, end: now + life, sent: false, timer, resolve, reject });
    });
    if (rule.replaces) this.#replaceUnsent(frame, answer);
    this.#transmit(id);
    return answer;
  }

  /** There is a connection again: sends everything unanswered that is still meant, in order. */
  resend() {
    for (const [id, { until }] of [...this.#pending]) {
      if (this.#clock.now() < until) this.#transmit(id);
      else this.#giveUp(id); // no answer comes by this connection, and after a sleep its timer is late
    }
  }

  /** The connection broke: what must not go out twice fails now. */
  interrupt() {
    this.#clock.clearTimeout(this.#doubt);
    this.#doubt = null;
    for (const [id, { sent, rule }] of [...this.#pending]) {
      if (sent && !rule.repeats) this.#refuse(id, 'lost', 'the connection broke before the answer: it may have happened or not');
    }
  }

  /**
   * Takes an `ok` or `error` frame. Answers to unknown ids came too late and are dropped.
   *
   * @param {Frame} answer
   */
  settle({ type, id, data }) {
    const pending = this.#take(id ?? '');
    if (!pending) return;
    this.#watch();
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
    this.#watch();
  }

  /** @param {string} id */
  #transmit(id) {
    const pending = this.#pending.get(id);
    if (!pending || !this.#send(pending.frame)) return;
    pending.sent = true;
    if (this.#doubt === null) this.#watch();
  }

  /** From now an answer is due, if any is to come. */
  #watch() {
    this.#clock.clearTimeout(this.#doubt);
    this.#doubt = null;
    if (this.#pending.size === 0) return;
    this.#doubt = this.#clock.setTimeout(() => {
      this.#doubt = null;
      this.#slow();
    }, SLOW_MS);
  }

  /**
   * Whoever gave an older one that still waits for a connection gets the answer of the newer.
   *
   * @param {Frame} frame
   * @param {Promise<any>} answer
   */
  #replaceUnsent({ type, id, data }, answer) {
    for (const [other, { frame, sent }] of [...this.#pending]) {
      if (sent || other === id || frame.type !== type || frame.data.call !== data.call) continue;
      this.#take(other)?.resolve(answer);
    }
  }

  /**
   * It is too late to send it; what went out may be answered yet.
   *
   * @param {string} id
   */
  #expire(id) {
    const pending = this.#pending.get(id);
    const left = pending?.sent ? pending.end - this.#clock.now() : 0;
    if (pending && left > 0) pending.timer = this.#clock.setTimeout(() => this.#giveUp(id), left);
    else this.#giveUp(id);
  }

  /** @param {string} id */
  #giveUp(id) {
    if (this.#pending.get(id)?.sent) this.#refuse(id, 'timeout', 'no answer in time');
    else this.#refuse(id, 'stale', 'there was no connection while it was still meant: it did not happen');
  }

  /**
   * @param {string} id
   * @param {string} code
   * @param {string} message
   */
  #refuse(id, code, message) {
    this.#take(id)?.reject(new ClaimCallError(code, message, { retry: true }));
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
