import { systemClock } from './clock.js';
import { Commands } from './commands.js';
import { Connection } from './connection.js';
import { ClaimCallError } from './error.js';
import { here } from './platform.js';
import { initialState, reduce } from './state.js';
import { Tokens } from './tokens.js';

/** @import { Clock } from './clock.js' */
/** @import { ConnectionStatus } from './connection.js' */
/** @import { Platform, SocketFactory } from './platform.js' */
/** @import { Action, State } from './state.js' */
/** @import { TokenSource } from './tokens.js' */
/** @import { AnswerMap, CallRequest, CommandMap, CommandType, EventMap, EventType, Frame, Hello, RefreshWhy, StreamStats, Welcome } from './wire.js' */

/**
 * @typedef {object} ClientOptions
 * @property {string} url  `wss://host/ws`; never carries the token
 * @property {string | TokenSource} [token]  a token that lasts as long as it is needed, or a `tokenSource`
 * @property {TokenSource} [tokenSource]  gets tokens: for the first sign-in, before one runs out, and when the hub
 *   refused one
 * @property {Platform} [platform]  default: the mini-program or the browser that this runs in
 * @property {SocketFactory} [socket]  default: that of the platform
 * @property {string} [resume]  of an earlier `welcome`, to take over its session after a reload
 * @property {string} [device]
 * @property {string} [lang]
 * @property {string} [client]  name and version of the program
 * @property {Clock} [clock]
 * @property {() => number} [random]  0 (inclusive) to 1 (exclusive)
 * @property {number} [commandTimeoutMs]  an upper bound for the life of every command, see commands.js
 * @property {number} [connectTimeoutMs]  default 10 s
 * @property {number} [pongTimeoutMs]  default 8 s
 */

/** @typedef {EventMap & {state: State, connection: ConnectionStatus, welcome: Welcome}} ClientEvents */

/** Messages that say how a command or the connection went; the rest are the hub's events. */
const ANSWERS = new Set(['ok', 'error']);

/**
 * One signed-in device. It survives the loss of its sockets; `state` always holds what is
 * known, and `on('state', ...)` tells of each change. Events of the hub come under their own
 * names (`on('call.invite', ...)`), plus `welcome` and `connection`.
 *
 * Commands return promises that fail with a ClaimCallError. Each has a life: while it lasts, a command that
 * was given without a connection, or lost its answer with one, goes out when there is one again, provided
 * that repeating it does no harm. Nothing goes out that is no longer meant.
 */
export class Client {
  #options;
  #clock;
  #random;
  #tokens;
  #platform;
  #resume;
  #connection;
  #commands;
  /** @type {(() => void) | null} ends the watching of what goes on around */
  #unwatch = null;
  #state = initialState;
  /** @type {Map<keyof ClientEvents, Set<(data: any) => void>>} */
  #listeners = new Map();

  /** @param {ClientOptions} options */
  constructor(options) {
    const { clock = systemClock, random = Math.random, platform = here() } = options;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#platform = platform;
    this.#resume = options.resume;
    this.#tokens = new Tokens({ clock, ...sources(options) });
    this.#commands = new Commands({
      clock,
      longestMs: options.commandTimeoutMs ?? Infinity,
      prefix: this.newId(),
      send: (frame) => this.#connection.send(frame),
      slow: () => this.#connection.probe(),
    });
    this.#connection = new Connection({
      url: options.url,
      socket: options.socket ?? platform.socket,
      clock,
      random,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      pongTimeoutMs: options.pongTimeoutMs ?? 8_000,
      hello: () => this.#hello(),
      signInAgain: () => this.#tokens.refused(),
      onStatus: (status) => this.#onStatus(status),
      onWelcome: (welcome) => this.#onWelcome(welcome),
      onFrame: (frame) => this.#onFrame(frame),
    });
  }

  /** What is known now; see state.js. Never changed in place. */
  get state() {
    return this.#state;
  }

  /** Secret with which another page of this tab may take over the session; set after `welcome`. */
  get resume() {
    return this.#resume;
  }

  /** Starts connecting, and keeps the connection until `close`. */
  connect() {
    this.#unwatch ??= this.#platform.watch({
      back: () => this.#connection.wake(),
      moved: () => this.#connection.renew(),
    });
    const { status } = this.#state.connection;
    if (status === 'idle' || status === 'closed') this.#tokens.forget();
    this.#connection.open();
  }

  /** Ends the connection for good; commands without an answer fail with `closed`. */
  close() {
    this.#connection.close();
  }

  /** Looks whether the connection lives. The client does so by itself when the program is seen again or the network changed. */
  wake() {
    this.#connection.wake();
  }

  /**
   * @template {keyof ClientEvents} T
   * @param {T} type  `state`, `connection`, `welcome`, or an event of the hub
   * @param {(data: ClientEvents[T]) => void} listener
   * @returns {() => void}  takes the listener away again
   */
  on(type, listener) {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /**
   * Claimant: asks for a call. A request that failed with `retry` may be given again with the
   * same `request_id`; it still makes one call only.
   *
   * @param {Omit<CallRequest, 'request_id'> & {request_id?: string}} request
   */
  request(request) {
    return this.#run('call.request', { request_id: this.newId(), ...request });
  }

  /**
   * Adjuster: calls a claimant.
   *
   * @param {{user: string, claim_no: string}} invite
   */
  invite({ user, claim_no }) {
    return this.#run('call.invite', { user, claim_no });
  }

  /**
   * @param {string} call
   */
  accept(call) {
    return this.#run('call.accept', { call }, this.#ringLeft(call));
  }

  /**
   * @param {string} call
   * @param {string} [reason]
   */
  reject(call, reason) {
    return this.#run('call.reject', { call, reason }, this.#ringLeft(call));
  }

  /**
   * Takes this party's side of the call to this device.
   *
   * @param {string} call
   */
  join(call) {
    return this.#run('call.join', { call });
  }

  /**
   * @param {string} call
   */
  cancel(call) {
    return this.#run('call.cancel', { call });
  }

  /**
   * @param {string} call
   */
  hangup(call) {
    return this.#run('call.hangup', { call });
  }

  /**
   * Asks for streams with a new generation because the present ones failed. The generation that
   * failed goes along, so that both sides asking at once get one new generation, not two.
   *
   * @param {string} call
   * @param {RefreshWhy} [why]
   */
  refreshStreams(call, why) {
    const generation = this.#state.streams?.generation;
    return this.#run('streams.refresh', { call, why, generation });
  }

  /**
   * Tells how the streams get across. Without a connection nothing is sent: by the time there is one
   * again it would be old.
   *
   * @param {string} call
   * @param {{push?: StreamStats, play?: StreamStats}} measured
   */
  async reportStreams(call, measured) {
    const { streams, connection } = this.#state;
    if (!streams || connection.status !== 'online') return;
    await this.#run('streams.report', { call, generation: streams.generation, ...measured });
  }

  /**
   * Adjuster: ready for calls, or not.
   *
   * @param {'available' | 'away'} state
   */
  setAvailability(state) {
    return this.#run('availability.set', { state });
  }

  /**
   * Adjuster and supervisor: shows who waits, in `state.backlog`, or no longer. It holds until it is taken back,
   * also through new sessions.
   *
   * @param {boolean} on
   */
  async watchQueue(on) {
    this.#reduce({ type: 'watch', on });
    await this.#run('queue.watch', { on });
  }

  /**
   * Adjuster: replaces the notes on a call, also after its end.
   *
   * @param {string} call
   * @param {string} text  at most 4,000 characters
   */
  note(call, text) {
    return this.#run('call.note', { call, text });
  }

  /**
   * Ends the session for good, so that the hub does not wait for this device to come back. Without a connection
   * the hub finds that out by itself. Never fails.
   */
  async signOut() {
    if (this.#state.connection.status === 'online') await this.#run('session.end', {}).catch(() => {});
    this.close();
    this.#resume = undefined;
    this.#reduce({ type: 'forget' });
  }

  /**
   * Puts a new token in place of one that is about to expire.
   *
   * @param {string} token
   */
  refreshToken(token) {
    this.#tokens.replace(token);
    return this.#run('token.refresh', { token });
  }

  /** A new `request_id`: unique, not secret. */
  newId() {
    const part = () => this.#random().toString(36).slice(2, 12);
    return this.#clock.now().toString(36) + part() + part();
  }

  /**
   * How long a ring goes on by what is known, so that the answer to it never meets the next one.
   *
   * @param {string} call
   */
  #ringLeft(call) {
    const invite = this.#state.invites.find((known) => known.call.id === call);
    if (!invite) return undefined;
    return Math.max(0, Date.parse(invite.expiresAt) - this.#clock.now() - this.#state.clockOffsetMs);
  }

  /**
   * @template {Exclude<CommandType, 'hello' | 'ping'>} T
   * @param {T} type
   * @param {CommandMap[T]} data
   * @param {number} [meantMs]  it is not to be sent later
   * @returns {Promise<AnswerMap[T]>}
   */
  async #run(type, data, meantMs) {
    if (this.#state.connection.status === 'closed') {
      throw new ClaimCallError('closed', 'the connection is closed');
    }
    const answer = await this.#commands.run(type, data, meantMs);
    this.#reduce({ type: 'answer', command: type, data: answer });
    return answer;
  }

  /** @returns {Promise<Hello>} */
  async #hello() {
    const { device, lang, client } = this.#options;
    return { token: await this.#tokens.take(), resume: this.#resume, device, lang, client };
  }

  /** @param {Welcome} welcome */
  #onWelcome(welcome) {
    this.#resume = welcome.resume;
    // Before the listeners: what they send now must not be sent twice.
    this.#commands.resend();
    this.#reduce({ type: 'welcome', data: welcome, now: this.#clock.now() });
    this.#emit('welcome', welcome);
    this.#tokens.accepted(this.#state.clockOffsetMs, (token) => this.#run('token.refresh', { token }));
    if (this.#state.watching && !welcome.resumed) this.watchQueue(true).catch(() => {});
  }

  /** @param {ConnectionStatus} status */
  #onStatus(status) {
    if (status.status !== 'online') {
      this.#tokens.rest();
      this.#commands.interrupt();
    }
    this.#reduce({ type: 'connection', status });
    this.#emit('connection', status);
    if (status.status !== 'closed') return;
    this.#unwatch?.();
    this.#unwatch = null;
    this.#commands.fail(new ClaimCallError('closed', 'the connection is closed'));
  }

  /** @param {Frame} frame */
  #onFrame(frame) {
    if (ANSWERS.has(frame.type)) {
      this.#commands.settle(frame);
      return;
    }
    const name = /** @type {EventType} */ (frame.type);
    this.#reduce({ type: 'event', name, data: frame.data });
    this.#emit(name, frame.data);
    // In a call the hub wants to hear from us more often; its pong says how often.
    if (name === 'call.accept') this.#connection.ping();
  }

  /** @param {Action} action */
  #reduce(action) {
    const before = this.#state;
    this.#state = reduce(before, action);
    if (this.#state !== before) this.#emit('state', this.#state);
  }

  /**
   * @template {keyof ClientEvents} T
   * @param {T} type
   * @param {ClientEvents[T]} data
   */
  #emit(type, data) {
    for (const listener of this.#listeners.get(type) ?? []) listener(data);
  }
}

/** @param {ClientOptions} options */
function sources({ token, tokenSource }) {
  if (typeof token === 'function') return { source: token };
  return { given: token, source: tokenSource };
}
