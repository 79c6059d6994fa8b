import { Client, ClaimCallError } from '../sdk/index.js';
import { byId, onClick, setText } from '../ui/dom.js';
import { isDevelopment } from '../ui/signin.js';

/** @import { State } from '../sdk/core/state.js' */
/** @import { Language } from '../ui/language.js' */
/** @import { SignIn } from '../ui/signin.js' */

/** How long an error stays on the screen. */
const PROBLEM_MS = 8_000;
/** Ends of a connection that a fresh link mends. */
const STALE = new Set(['token_expired', 'unauthorized', 'revoked', 'wrong_role', 'wrong_audience', 'forbidden']);

/** What is around the screens: the bar, signing in, lost connections, and commands that fail. */
export class Frame {
  #language;
  #signIn;
  #redraw;
  #problemTimer = 0;
  /** Who comes by a link has nothing to sign out of. */
  #development = false;

  /** @param {{language: Language, signIn: SignIn, redraw: () => void}} options  `redraw` is called when words changed */
  constructor({ language, signIn, redraw }) {
    this.#language = language;
    this.#signIn = signIn;
    this.#redraw = redraw;
    this.client = newClient(signIn, language);
  }

  /** Connects if there is a token, and keeps the session for reloads. */
  start() {
    this.#wire();
    this.client.on('welcome', ({ resume }) => this.#signIn.remember('resume', resume));
    if (this.#signIn.token) this.client.connect();
    this.#askForDevelopment();
    this.#language.apply();
  }

  /** @param {State} state */
  draw({ connection, session, call }) {
    const { status, reason = 'other' } = connection;
    const inCall = call !== null && call.state !== 'ended';
    byId('signout').hidden = !this.#development || status === 'idle' || inCall;
    const lost = session && (status === 'waiting' || status === 'connecting');
    setText('banner', lost ? this.#language.t(inCall ? `banner.${status}` : 'banner.connecting') : '');
    setText('closed-title', this.#language.t(`closed.title.${STALE.has(reason) ? 'link' : 'other'}`));
    setText('closed-text', this.#word('closed', reason));
    byId('closed-next').hidden = !STALE.has(reason);
    byId('closed-here').hidden = reason !== 'replaced';
    byId('closed-again').hidden = reason === 'replaced' || STALE.has(reason);
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
      this.#complain(this.#word('error', error instanceof ClaimCallError ? error.code : 'other'));
    }
    this.#redraw();
  }

  #wire() {
    onClick('lang', () => {
      this.#language.toggle();
      this.#language.apply();
      this.#redraw();
    });
    onClick('signout', () => this.#signOut());
    onClick('closed-again', () => this.#signOut());
    onClick('closed-here', () => this.client.connect());
    onClick('signin-dev', () => this.#signInBy(() => this.#signIn.asNewPerson()));
    addEventListener('online', () => this.client.wake());
    addEventListener('pageshow', () => this.client.wake());
    document.addEventListener('resume', () => this.client.wake());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.client.wake();
    });
  }

  async #askForDevelopment() {
    const dev = await isDevelopment();
    if (dev && this.#signIn.wantsDemo && !this.#signIn.token) await this.#signInBy(() => this.#signIn.forDemo());
    byId('signin-dev').hidden = !dev;
    byId('signin-dev-text').hidden = !dev;
    byId('signin-token-text').hidden = dev;
    byId('dev').hidden = !dev;
    this.#development = dev;
    this.#redraw();
  }

  /** @param {() => Promise<void>} way  of a development server */
  async #signInBy(way) {
    try {
      await way();
      this.client.connect();
      this.#complain('');
    } catch {
      this.#complain(this.#language.t('error.dev_login'));
    }
  }

  #signOut() {
    this.client.close();
    this.#signIn.forget();
    location.reload();
  }

  /** @param {string} text  stays for a while; none clears it */
  #complain(text) {
    setText('problem', text);
    clearTimeout(this.#problemTimer);
    this.#problemTimer = setTimeout(() => setText('problem', ''), PROBLEM_MS);
  }

  /**
   * @param {string} group
   * @param {string} name
   */
  #word(group, name) {
    const key = `${group}.${name}`;
    return this.#language.t(this.#language.has(key) ? key : `${group}.other`);
  }
}

/**
 * @param {SignIn} signIn
 * @param {Language} language
 */
function newClient(signIn, language) {
  return new Client({
    url: `${location.origin.replace(/^http/, 'ws')}/ws`,
    token: () => {
      if (!signIn.token) throw new ClaimCallError('unauthorized', 'not signed in');
      return signIn.token;
    },
    resume: signIn.recall('resume') ?? undefined,
    lang: language.tag,
    client: 'claimcall-claimant',
  });
}
