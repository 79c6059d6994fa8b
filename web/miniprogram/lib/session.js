import { Client, ClaimCallError, wxPlatform } from '../sdk/index.js';
import { Seat } from '../ui/seat.js';
import { languageOf, remember, words } from './language.js';
import { pageOf } from './route.js';
import { SignIn } from './signin.js';

/** @import { CallView } from '../sdk/core/wire.js' */

const SEAT = 'claimcall.seat';
/** How long an error stays on the screen. */
const PROBLEM_MS = 8_000;

/**
 * Everything that outlives a page: who is signed in, the connection, the call, and which page shows it. Pages watch it and
 * say what the person wants.
 */
export class Session {
  #wx;
  #config;
  #signIn;
  /** @type {Client} */
  #client;
  /** @type {Seat} */
  #seat;
  /** @type {Set<() => void>} */
  #watchers = new Set();
  /** @type {Set<(moved: boolean) => void>} */
  #returns = new Set();
  /** @type {any} */
  #second = 0;
  /** @type {any} */
  #problemTimer = 0;
  /** The page that is shown, or on its way. */
  #page = '';
  /** The ended call whose result has been read. */
  #dismissed = /** @type {string | null} */ (null);
  /** Why a call is over of which only that is known. */
  #over = /** @type {string | null} */ (null);
  #requestId = '';
  #network = '';
  #lang;

  /** @param {{wx: any, config: {server: string, waitingImage: string}}} options */
  constructor({ wx, config }) {
    this.#wx = wx;
    this.#config = config;
    this.#signIn = new SignIn({ wx, server: config.server });
    this.#lang = languageOf(wx);
    this.#client = this.#newClient();
    this.#seat = this.#newSeat();
    this.#listen();
    this.problem = '';
    /** What the link that opened the mini-program said. */
    this.claimNo = '';
  }

  get state() {
    return this.#client.state;
  }

  get client() {
    return this.#client;
  }

  get lang() {
    return this.#lang;
  }

  /** All words, in the person's language. */
  get words() {
    return words[this.#lang];
  }

  get waitingImage() {
    return this.#config.waitingImage;
  }

  /** Now, by the hub's clock. */
  get now() {
    return Date.now() + this.state.clockOffsetMs;
  }

  /** Why a call ended of which nothing more is known; null if there is none. */
  get over() {
    return this.#over;
  }

  /** A call of this person that another device takes part in. */
  get elsewhere() {
    const { call } = this.state;
    return call && (call.state === 'connecting' || call.state === 'active') && !this.#seat.holds(call) ? call : null;
  }

  /**
   * Once, when WeChat has opened the mini-program.
   *
   * @param {Record<string, string>} [query]  `claim_no` of the insurer's link
   */
  start(query = {}) {
    this.claimNo = query.claim_no ?? '';
    this.#wx.onAppShow(() => this.#returned(false));
    this.#wx.onNetworkStatusChange((/** @type {any} */ status) => this.#networkChanged(status));
    this.#wx.onAudioInterruptionEnd?.(() => this.#returned(false));
    if (this.#signIn.known) this.#client.connect();
  }

  /**
   * Calls `draw` now, after each change, and every second.
   *
   * @param {string} page  the page that watches
   * @param {() => void} draw
   * @returns {() => void}  ends that
   */
  watch(page, draw) {
    this.#page = page;
    this.#watchers.add(draw);
    this.#second ||= setInterval(() => this.#changed(), 1_000);
    draw();
    this.#route();
    return () => {
      this.#watchers.delete(draw);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#second);
      this.#second = 0;
    };
  }

  /**
   * Calls `run` when the phone comes back from the background, a phone call or another network.
   *
   * @param {(moved: boolean) => void} run  `moved`: to another network
   * @returns {() => void}  ends that
   */
  onReturn(run) {
    this.#returns.add(run);
    return () => this.#returns.delete(run);
  }

  /** @param {'zh' | 'en'} lang */
  speak(lang) {
    this.#lang = lang;
    remember(this.#wx, lang);
    this.#changed();
  }

  /**
   * Asks for a call. The same wish given twice makes one call.
   *
   * @param {{claimNo: string, note: string}} wish
   */
  request({ claimNo, note }) {
    return this.#attempt(async () => {
      if (this.#signIn.use(claimNo)) this.#changePerson();
      this.#requestId ||= this.#client.newId();
      this.#client.connect();
      const { call } = await this.#client.request({ request_id: this.#requestId, claim_no: claimNo, note: note || undefined });
      this.#requestId = '';
      this.#over = null;
      this.#seat.reserve(call.id);
    });
  }

  /** The wish was changed: it is another one. */
  rethink() {
    this.#requestId = '';
  }

  cancel() {
    return this.#withCall((call) => this.#client.cancel(call.id));
  }

  hangup() {
    return this.#withCall((call) => this.#client.hangup(call.id));
  }

  /** Takes the call over from another device. */
  take() {
    return this.#withCall((call) => this.#seat.take(call));
  }

  accept() {
    const [invite] = this.state.invites;
    if (!invite) return Promise.resolve();
    this.#seat.reserve(invite.call.id);
    return this.#attempt(() => this.#client.accept(invite.call.id));
  }

  /** Whoever declines needs no result of that. */
  reject() {
    const [invite] = this.state.invites;
    if (!invite) return Promise.resolve();
    this.#dismissed = invite.call.id;
    return this.#attempt(() => this.#client.reject(invite.call.id));
  }

  /** The result has been read. */
  dismiss() {
    this.#dismissed = this.state.call?.id ?? null;
    this.#over = null;
    this.#changed();
  }

  /** After the connection ended for good. */
  signInAgain() {
    this.#signIn.forget();
    this.#client.connect();
  }

  /** The next token may be of somebody else: nothing of the old connection stays. */
  #changePerson() {
    this.#client.close();
    this.#client = this.#newClient();
    this.#seat = this.#newSeat();
    this.#listen();
  }

  #newClient() {
    return new Client({
      url: `${this.#config.server.replace(/^http/, 'ws')}/ws`,
      tokenSource: () => this.#signIn.token(),
      platform: wxPlatform(this.#wx),
      lang: this.#lang === 'zh' ? 'zh-CN' : 'en',
      device: deviceName(this.#wx),
      client: 'claimcall-miniprogram',
    });
  }

  #newSeat() {
    return new Seat(this.#client, {
      recall: () => this.#wx.getStorageSync(SEAT) || null,
      remember: (_, call) => this.#wx.setStorageSync(SEAT, call),
    });
  }

  /** After the seat, which has to know first who takes part. */
  #listen() {
    this.#client.on('state', () => this.#changed());
    this.#client.on('welcome', ({ call }) => this.#welcomed(call));
    this.#client.on('call.accept', () => this.#wx.vibrateLong?.({ fail: () => {} }));
  }

  /**
   * A call that this phone took part in and that the welcome does not mention ended while nobody could tell us.
   *
   * @param {CallView | undefined} call
   */
  async #welcomed(call) {
    const seat = this.#wx.getStorageSync(SEAT);
    if (call || !seat || this.state.call?.id === seat) return;
    const error = await this.#client.join(seat).then(() => null, (failed) => failed);
    if (error?.code === 'call_ended') this.#over = error.reason ?? 'other';
    if (error && !error.retry) this.#seat.reserve('');
    this.#changed();
  }

  /** The client looks after its own connection; the streams need to know, too. @param {{isConnected: boolean, networkType: string}} status */
  #networkChanged({ isConnected, networkType }) {
    const moved = isConnected && this.#network !== '' && networkType !== this.#network;
    this.#network = networkType;
    if (moved) this.#returned(true);
  }

  /** @param {boolean} moved */
  #returned(moved) {
    for (const run of this.#returns) run(moved);
  }

  #changed() {
    const { call } = this.state;
    if (call?.state === 'ended' && this.#seat.holds(call)) this.#seat.reserve('');
    this.#route();
    for (const draw of this.#watchers) draw();
  }

  /** One page at a time, and no way back to one that is over. */
  #route() {
    if (this.#page === '') return;
    const page = pageOf(this.state, {
      holds: (call) => this.#seat.holds(call),
      dismissed: this.#dismissed,
      over: this.#over !== null,
    });
    if (page === this.#page) return;
    this.#page = page;
    this.#wx.reLaunch({ url: `/pages/${page}/${page}` });
  }

  /** @param {(call: CallView) => Promise<unknown>} command */
  #withCall(command) {
    const { call } = this.state;
    return call ? this.#attempt(() => command(call)) : Promise.resolve();
  }

  /**
   * Runs a command and says it in words when it fails.
   *
   * @param {() => Promise<unknown>} run
   */
  async #attempt(run) {
    this.#complain('');
    try {
      await run();
    } catch (error) {
      const { errors } = this.words;
      const code = error instanceof ClaimCallError ? error.code : 'other';
      // Why the connection ended is said already, and better.
      if (code !== 'closed') this.#complain(/** @type {Record<string, string>} */ (errors)[code] ?? errors.other);
    }
    this.#changed();
  }

  /** @param {string} text */
  #complain(text) {
    this.problem = text;
    clearTimeout(this.#problemTimer);
    if (!text) return;
    this.#problemTimer = setTimeout(() => {
      this.problem = '';
      this.#changed();
    }, PROBLEM_MS);
  }
}

/**
 * The model of the phone, for the adjuster. Older versions of WeChat don't tell.
 *
 * @param {any} wx
 */
function deviceName(wx) {
  return wx.getDeviceInfo?.().model || undefined;
}
