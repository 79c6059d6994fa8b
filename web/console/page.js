import { Client, ClaimCallError } from '../sdk/index.js';
import { byId, onClick, setText } from '../ui/dom.js';
import { endWords } from '../ui/end.js';
import { duration } from '../ui/format.js';
import { Media } from './media.js';
import { wirePublish } from '../ui/publish.js';
import { serverConfig } from '../ui/signin.js';

/** @import { State } from '../sdk/core/state.js' */
/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { Language } from '../ui/language.js' */
/** @import { SignIn } from '../ui/signin.js' */

/** How long an error stays on the screen. */
const PROBLEM_MS = 8_000;

/** What all screens have in common: one client, the frame around them, and the words for what happened. */
export class Page {
  #redraw;
  #problemTimer = 0;
  /** The company's accounts, if this server knows them. @type {{name: string, start: string} | null} */
  #account = null;

  /**
   * @param {{language: Language, signIn: SignIn, name: string, redraw: () => void}} options
   *   `name` tells the hub which program this is; `redraw` is called after each change
   */
  constructor({ language, signIn, name, redraw }) {
    this.language = language;
    this.signIn = signIn;
    this.#redraw = redraw;
    this.client = newClient(signIn, language, name);
    this.media = new Media({ client: this.client, language, redraw: () => this.draw() });
  }

  /** Draws the page, connects if someone is signed in, and keeps both up to date. */
  start() {
    this.#wireFrame();
    this.client.on('welcome', ({ resume }) => this.signIn.remember('resume', resume));
    this.client.on('state', () => this.draw());
    setInterval(() => this.draw(), 1_000);
    if (this.signIn.token) this.client.connect();
    else this.#offerSignIn();
    this.language.apply();
    this.draw();
  }

  draw() {
    this.#drawFrame(this.client.state);
    this.#redraw();
  }

  /** Now, by the hub's clock. */
  get now() {
    return Date.now() + this.client.state.clockOffsetMs;
  }

  /**
   * Runs a command and says it in words when it fails.
   *
   * @param {() => Promise<unknown>} run
   */
  async attempt(run) {
    this.#complain('');
    try {
      await run();
    } catch (error) {
      const code = error instanceof ClaimCallError ? error.code : 'other';
      this.#complain(this.word('error', code));
    }
    this.draw();
  }

  /**
   * How a call ended, in words.
   *
   * @param {CallView} call
   */
  endWords(call) {
    return endWords(call, this.language);
  }

  /**
   * @param {CallView} call
   * @returns {string}  empty if the two sides never met
   */
  durationWords(call) {
    if (!call.active_at) return '';
    const end = call.ended_at ? Date.parse(call.ended_at) : this.now;
    return duration(end - Date.parse(call.active_at));
  }

  /**
   * How the other side is reached, in words.
   *
   * @param {CallView['legs']['claimant']} leg
   */
  linkWords({ link, quality }) {
    const poor = link === 'publishing' && (quality === 'weak' || quality === 'bad');
    return this.language.t(poor ? `quality.${quality}` : `link.${link}`);
  }

  /** @param {State} state */
  #drawFrame({ connection, session, call }) {
    const t = (/** @type {string} */ key) => this.language.t(key);
    const signedIn = connection.status !== 'idle';
    setText('connection', signedIn ? t(`connection.${connection.status}`) : '');
    byId('connection').dataset.status = connection.status;
    setText('user', session?.user.name ?? '');
    byId('signout').hidden = !signedIn || (call !== null && call.state !== 'ended');
    const lost = session && (connection.status === 'waiting' || connection.status === 'connecting');
    setText('banner', lost ? t(`banner.${connection.status}`) : '');
    setText('closed-text', this.word('closed', connection.reason ?? 'other'));
    const replaced = connection.reason === 'replaced';
    byId('closed-here').hidden = !replaced;
    byId('closed-again').classList.toggle('primary', !replaced);
    this.#drawAccount();
  }

  #drawAccount() {
    const link = /** @type {HTMLAnchorElement} */ (byId('signin-oidc'));
    if (!this.#account) return;
    link.href = `${this.#account.start}?return=${encodeURIComponent(location.pathname)}`;
    link.textContent = this.language.t('signin.oidc', { name: this.#account.name });
    link.hidden = false;
  }

  #wireFrame() {
    onClick('lang', () => {
      this.language.toggle();
      this.language.apply();
      this.draw();
    });
    onClick('signout', () => this.#signOut());
    onClick('closed-again', () => this.#signOut());
    onClick('closed-here', () => this.client.connect());
    onClick('signin-dev', () => this.#signInBy(() => this.signIn.asNewPerson()));
    wirePublish(this.language);
    addEventListener('online', () => this.client.wake());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.client.wake();
    });
  }

  /** Whoever is signed in with the company's account goes straight in; everybody else is shown the ways. */
  async #offerSignIn() {
    const { dev = false, oidc } = await serverConfig();
    if (dev && this.signIn.wantsDemo) {
      await this.#signInBy(() => this.signIn.forDemo());
      return;
    }
    this.#account = oidc ?? null;
    if (oidc && await this.signIn.hasAccount().catch(() => false)) {
      this.client.connect();
      return;
    }
    byId('signin-dev').hidden = !dev;
    byId('signin-dev-text').hidden = !dev;
    byId('signin-token-text').hidden = dev || oidc !== undefined;
    this.draw();
  }

  /** @param {() => Promise<void>} way  of a development server */
  async #signInBy(way) {
    try {
      await way();
      this.client.connect();
      this.#complain('');
    } catch {
      this.#complain(this.language.t('error.dev_login'));
    }
  }

  /** @param {string} text  stays for a while; none clears it */
  #complain(text) {
    setText('problem', text);
    clearTimeout(this.#problemTimer);
    this.#problemTimer = setTimeout(() => setText('problem', ''), PROBLEM_MS);
  }

  async #signOut() {
    await this.client.signOut();
    if (!this.signIn.token) await this.signIn.leaveAccount();
    this.signIn.forget();
    location.reload();
  }

  /**
   * The word for a value of the wire; values that are not known have a word of their own.
   *
   * @param {string} group
   * @param {string} name
   */
  word(group, name) {
    const key = `${group}.${name}`;
    return this.language.t(this.language.has(key) ? key : `${group}.other`);
  }
}

/**
 * @param {SignIn} signIn
 * @param {Language} language
 * @param {string} name
 */
function newClient(signIn, language, name) {
  return new Client({
    url: `${location.origin.replace(/^http/, 'ws')}/ws`,
    token: () => signIn.credential(),
    resume: signIn.recall('resume') ?? undefined,
    lang: language.tag,
    client: name,
  });
}
