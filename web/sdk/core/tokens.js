import { ClaimCallError } from './error.js';

/** @import { Clock } from './clock.js' */

/**
 * A token for the hub, or a ticket. `expiresAt` (RFC 3339, or milliseconds since 1970) is when
 * the hub stops taking it; without it, the `exp` of a JWT counts. A ticket is good for one sign-in;
 * there it says when the session that was bought with it ends.
 *
 * @typedef {{token: string, expiresAt?: string | number}} Token
 *
 * Gets a fresh one each time it is asked. It may fail: with a ClaimCallError whose `retry` is false
 * there is none to be had, and the person has to sign in again; after any other error it is asked again.
 *
 * @typedef {() => string | Token | Promise<string | Token>} TokenSource
 *
 * @typedef {{token: string, expiresAt: number, leadMs: number, reusable: boolean}} Held
 */

/** A fresh token is asked for so long before the old one ends, or a tenth of its life if that is shorter. */
const LEAD_MS = 120_000;
/** Between two questions, at least and at most; timers can't be set for months. */
const PAUSE_MS = 5_000;
const LONGEST_MS = 3_600_000;

/** What to sign in with: got when needed, kept while good, replaced in time and after a refusal. */
export class Tokens {
  #clock;
  #given;
  #source;
  /** @type {Held | null} */
  #held = null;
  /** The hub refused the last one, and none has been taken since. */
  #refused = false;
  #offsetMs = 0;
  #watch = 0;
  /** @type {unknown} */
  #timer = null;

  /** @param {{clock: Clock, given?: string, source?: TokenSource}} options  at least one of both */
  constructor({ clock, given, source }) {
    this.#clock = clock;
    this.#given = given;
    this.#source = source;
  }

  /** For a hello. Fails as the source does. */
  async take() {
    const { token, expiresAt, leadMs, reusable } = this.#held ?? NONE;
    if (reusable && this.#now() < expiresAt - leadMs) return token;
    return (await this.#fetch()).token;
  }

  /**
   * The person handed in another one.
   *
   * @param {string} token
   */
  replace(token) {
    this.#given = this.#given && token;
    this.#held = this.#hold(token);
  }

  /** Whoever signs in anew is not who they were. */
  forget() {
    this.#held = null;
    this.#refused = false;
  }

  /** The hub refused it. Returns whether it is worth coming back with another. */
  refused() {
    const again = this.#source !== undefined && !this.#refused;
    this.#refused = true;
    this.#held = null;
    return again;
  }

  /**
   * The hub took it. From now until `rest`, a fresh one is got in time and handed on.
   *
   * @param {number} offsetMs  the hub's clock minus ours
   * @param {(token: string) => Promise<unknown>} hand
   */
  accepted(offsetMs, hand) {
    this.#offsetMs = offsetMs;
    this.#refused = false;
    this.rest();
    if (this.#source && this.#held) this.#await(hand);
  }

  /** Nobody is there to hand a token to. */
  rest() {
    this.#watch += 1;
    this.#clock.clearTimeout(this.#timer);
  }

  /** @param {(token: string) => Promise<unknown>} hand */
  #await(hand) {
    const watch = this.#watch;
    const { expiresAt, leadMs } = this.#held ?? NONE;
    const left = expiresAt - leadMs - this.#now();
    const ms = left > 0 ? Math.min(left, LONGEST_MS) : Math.max((expiresAt - this.#now()) / 4, PAUSE_MS);
    this.#timer = this.#clock.setTimeout(async () => {
      if (this.#now() >= expiresAt - leadMs && await this.#renew(watch, hand)) return;
      if (watch === this.#watch) this.#await(hand);
    }, ms);
  }

  /**
   * Returns whether there is no more to wait for.
   *
   * @param {number} watch
   * @param {(token: string) => Promise<unknown>} hand
   */
  async #renew(watch, hand) {
    const old = this.#held ?? NONE;
    try {
      const fresh = await this.#fetch();
      if (watch === this.#watch && fresh.token !== old.token) await hand(fresh.token);
    } catch (error) {
      if (watch === this.#watch) this.#held = old;
      return error instanceof ClaimCallError && !error.retry;
    }
    return false;
  }

  async #fetch() {
    const answer = this.#source ? await this.#source() : this.#given ?? '';
    const { token, expiresAt } = typeof answer === 'string' ? { token: answer } : answer;
    this.#held = this.#hold(token, expiresAt);
    return this.#held;
  }

  /**
   * @param {string} token
   * @param {string | number} [told]
   * @returns {Held}
   */
  #hold(token, told) {
    const { exp, iat } = claims(token);
    const expiresAt = told === undefined ? (exp ?? Infinity) * 1_000 : new Date(told).getTime();
    const life = expiresAt - (iat === undefined ? this.#now() : iat * 1_000);
    return { token, expiresAt, leadMs: Math.min(LEAD_MS, life / 10), reusable: exp !== undefined };
  }

  #now() {
    return this.#clock.now() + this.#offsetMs;
  }
}

/** @type {Held} */
const NONE = { token: '', expiresAt: Infinity, leadMs: 0, reusable: false };

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * When a JWT was made and when it ends, in seconds since 1970; nothing of what is no JWT. Nothing is verified: only the hub
 * can. Mini-programs have no `atob`; names come out garbled, and they are not wanted.
 *
 * @param {string} token
 * @returns {{exp?: number, iat?: number}}
 */
export function claims(token) {
  let [bits, count, json] = [0, 0, ''];
  for (const character of token.split('.')[1] ?? '') {
    bits = ((bits << 6) | ALPHABET.indexOf(character)) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    json += String.fromCharCode((bits >> count) & 0xff);
  }
  try {
    const { exp, iat } = JSON.parse(json);
    return { exp: number(exp), iat: number(iat) };
  } catch {
    return {};
  }
}

/** @param {unknown} value */
function number(value) {
  return typeof value === 'number' ? value : undefined;
}
