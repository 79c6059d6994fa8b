import { Backoff } from './backoff.js';
import { ClaimCallError } from './error.js';
import { Heartbeat } from './heartbeat.js';
import { comesBack } from './wire.js';

/** @import { Clock } from './clock.js' */
/** @import { Socket, SocketFactory } from './platform.js' */
/** @import { Bye, Frame, Hello, Welcome } from './wire.js' */

/**
 * Where the connection stands. `waiting` is the pause before the next attempt; `closed` is for
 * good, until `open` is called again.
 *
 * @typedef {object} ConnectionStatus
 * @property {'idle' | 'connecting' | 'online' | 'waiting' | 'closed'} status
 * @property {number} attempt  failed attempts in a row
 * @property {number} [retryMs]  with `waiting`: length of the pause
 * @property {number} [code]  close code of the last socket
 * @property {string} [reason]  in one word: of the close, an error code of the hub, `unavailable`,
 *   `connect_timeout`, `pong_timeout`, or `closed` for our own doing
 *
 * @typedef {object} ConnectionOptions
 * @property {string} url
 * @property {SocketFactory} socket
 * @property {Clock} clock
 * @property {() => number} random
 * @property {() => Promise<Hello>} hello  what to sign in with; asked before each attempt
 * @property {number} connectTimeoutMs  from the start of an attempt to the hub's welcome
 * @property {number} pongTimeoutMs
 * @property {() => boolean} signInAgain  the hub refused the token: whether there may be a better one
 * @property {(status: ConnectionStatus) => void} onStatus
 * @property {(welcome: Welcome) => void} onWelcome
 * @property {(frame: Frame) => void} onFrame  everything after the welcome except pongs
 */

const HELLO_ID = 'hello';
const PING_ID = 'ping';

/** Of a connection that is doubted, an answer is expected sooner than usual. */
const PROBE_MS = 4_000;
/** An attempt that is younger needs no other in its place. */
const FRESH_MS = 1_000;

/** The ends that another token may mend, as close codes and as error codes. */
const TOKEN_ENDS = new Set([4500, 4501, 'unauthorized', 'token_expired']);

/**
 * Keeps one signed-in socket open: hello first, heartbeat, and back again after a loss.
 * Each attempt has a number; whatever an older attempt still reports is ignored, because phones
 * deliver the end of a dead socket minutes late.
 */
export class Connection {
  #options;
  #backoff;
  #heartbeat;
  #number = 0;
  #startedAt = 0;
  /** @type {ConnectionStatus} */
  #status = { status: 'idle', attempt: 0 };
  /** @type {Socket | null} */
  #socket = null;
  /** @type {unknown} */
  #timer = null;
  /** @type {Bye | null} */
  #bye = null;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
    this.#backoff = new Backoff({ random: options.random });
    this.#heartbeat = new Heartbeat({
      clock: options.clock,
      timeoutMs: options.pongTimeoutMs,
      ping: () => this.send({ type: 'ping', id: PING_ID, data: {} }),
      dead: () => this.#lost(this.#number, 0, 'pong_timeout'),
    });
  }

  get status() {
    return this.#status;
  }

  /** Starts connecting. Does nothing while connected or trying. */
  open() {
    const { status } = this.#status;
    if (status !== 'idle' && status !== 'closed') return;
    this.#backoff.reset();
    this.#attempt();
  }

  /** Ends the connection for good. */
  close() {
    if (this.#status.status !== 'closed') this.#finish(1000, 'closed');
  }

  /**
   * Something changed outside (page shown again, network back): try now instead of waiting,
   * or make sure at once that the link still lives.
   */
  wake() {
    const { status } = this.#status;
    if (status === 'waiting' || (status === 'online' && this.#heartbeat.expired)) this.#attempt();
    else this.probe();
  }

  /** Looks whether the link lives; if not, there will be another soon. */
  probe() {
    if (this.#status.status === 'online') this.#heartbeat.now(PROBE_MS);
  }

  /** Pings before it is due: the hub's answer says how often it wants to hear from us now. */
  ping() {
    if (this.#status.status === 'online') this.#heartbeat.now();
  }

  /** The present socket is dead, whatever it says: dials anew at once. */
  renew() {
    const { status } = this.#status;
    if (status === 'idle' || status === 'closed') return;
    const fresh = this.#options.clock.now() - this.#startedAt < FRESH_MS;
    if (status !== 'connecting' || !fresh) this.#attempt();
  }

  /**
   * Sends one frame if online; returns whether that is so.
   *
   * @param {Frame} frame
   */
  send(frame) {
    const online = this.#status.status === 'online';
    if (online) this.#write(frame);
    return online;
  }

  async #attempt() {
    const number = this.#abandon();
    this.#bye = null;
    this.#startedAt = this.#options.clock.now();
    this.#report({ status: 'connecting' });
    const { clock, connectTimeoutMs } = this.#options;
    this.#timer = clock.setTimeout(() => this.#lost(number, 0, 'connect_timeout'), connectTimeoutMs);
    try {
      const hello = await this.#options.hello();
      if (number === this.#number) this.#dial(number, hello);
    } catch (error) {
      this.#refused(number, error);
    }
  }

  /**
   * @param {number} number
   * @param {Hello} hello
   */
  #dial(number, hello) {
    const current = () => number === this.#number;
    this.#socket = this.#options.socket(this.#options.url, {
      open: () => {
        if (current()) this.#write({ type: 'hello', id: HELLO_ID, data: hello });
      },
      message: (text) => {
        if (current()) this.#receive(text);
      },
      close: (code, reason) => this.#lost(number, code, reason),
    });
  }

  /** @param {string} text */
  #receive(text) {
    /** @type {Frame} */
    const frame = JSON.parse(text);
    if (frame.type === 'welcome') this.#welcome(frame.data);
    else if (frame.type === 'error' && frame.id === HELLO_ID) {
      const { code, message, retry } = frame.data;
      this.#refused(this.#number, new ClaimCallError(code, message, { retry: retry || this.#mends(code) }));
    } else if (frame.type === 'pong') this.#pong(frame.data.next_ms);
    else {
      if (frame.type === 'bye') this.#bye = frame.data;
      this.#options.onFrame(frame);
    }
  }

  /** @param {Welcome} welcome */
  #welcome(welcome) {
    this.#options.clock.clearTimeout(this.#timer);
    this.#heartbeat.next(welcome.heartbeat_ms);
    this.#status = { status: 'online', attempt: 0 };
    this.#options.onWelcome(welcome);
    this.#options.onStatus(this.#status);
  }

  /**
   * Only an answered ping proves a connection; a hub that greets and falls over does not.
   *
   * @param {number} nextMs
   */
  #pong(nextMs) {
    this.#backoff.reset();
    this.#heartbeat.next(nextMs);
  }

  /**
   * @param {number} number
   * @param {unknown} error
   */
  #refused(number, error) {
    if (number !== this.#number) return;
    const reason = error instanceof ClaimCallError ? error.code : 'unavailable';
    if (error instanceof ClaimCallError && !error.retry) this.#finish(0, reason);
    else this.#lost(number, 0, reason);
  }

  /**
   * The socket of attempt `number` is gone, or as good as gone.
   *
   * @param {number} number
   * @param {number} code
   * @param {string} reason
   */
  #lost(number, code, reason) {
    if (number !== this.#number) return;
    const over = !comesBack(code) || this.#bye?.reconnect === false;
    if (over && !this.#mends(this.#bye?.code ?? code)) {
      this.#finish(code, reason);
      return;
    }
    this.#abandon();
    const retryMs = this.#bye?.reconnect ? this.#bye.after_ms : this.#backoff.next();
    this.#timer = this.#options.clock.setTimeout(() => this.#attempt(), retryMs);
    this.#report({ status: 'waiting', retryMs, code, reason });
  }

  /**
   * Whether the next attempt may do better, with another token.
   *
   * @param {number | string} end
   */
  #mends(end) {
    return TOKEN_ENDS.has(end) && this.#options.signInAgain();
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #finish(code, reason) {
    this.#abandon();
    this.#report({ status: 'closed', code, reason });
  }

  /** Lets go of the present socket and its timers; returns the number of the next attempt. */
  #abandon() {
    this.#number += 1;
    this.#heartbeat.stop();
    this.#options.clock.clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
    return this.#number;
  }

  /** @param {Omit<ConnectionStatus, 'attempt'>} status */
  #report(status) {
    this.#status = { attempt: this.#backoff.attempt, ...status };
    this.#options.onStatus(this.#status);
  }

  /** @param {Frame} frame */
  #write(frame) {
    this.#socket?.send(JSON.stringify(frame));
  }
}
