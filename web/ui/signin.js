import { claimsOf } from './token.js';

import { ClaimCallError } from '../sdk/index.js';

/**
 * Who is signed in on this page. The token comes from the address (`#token=...`, taken out of it
 * at once) or from the development sign-in, and stays in this tab only. Whoever signed in with the
 * company's account has no token here but a cookie that no script can read; the server gives a
 * ticket for it, good for one use.
 */
export class SignIn {
  #role;
  /** A ticket that has not been used yet. @type {string | null} */
  #ticket = null;

  /** @param {'adjuster' | 'claimant'} role */
  constructor(role) {
    this.#role = role;
    this.#takeFromAddress();
    addEventListener('hashchange', () => {
      if (this.#takeFromAddress() || (this.wantsDemo && !this.token)) location.reload();
    });
  }

  /** The token, or null. */
  get token() {
    return this.recall('token');
  }

  /** Whether the address asks for the demo (`#demo`), which only a development server has. */
  get wantsDemo() {
    return location.hash === '#demo';
  }

  /** Whether the demo signed this person in. */
  get inDemo() {
    return this.recall('demo') !== null;
  }

  /** Signs in as a new person with a claim of their own, who is not asked what a demo need not ask. */
  async forDemo() {
    await this.asNewPerson({ claim_no: `DEMO-${fiveDigits()}` });
    this.remember('demo', 'yes');
  }

  /**
   * Signs in as a new person of this page's role; only a development server allows it.
   *
   * @param {{claim_no?: string}} [more]
   */
  async asNewPerson(more) {
    const number = fiveDigits();
    const title = this.#role === 'adjuster' ? '查勘员' : '报案人';
    const response = await fetch('/api/v1/login/dev', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ role: this.#role, sub: `${this.#role}-${number}`, name: `${title} ${number}`, ...more }),
    });
    if (!response.ok) throw new Error(`sign-in answered ${response.status}`);
    const { token } = await response.json();
    this.remember('token', token);
  }

  /** Whether the company's account is signed in on this browser. */
  async hasAccount() {
    this.#ticket = await takeTicket();
    return this.#ticket !== null;
  }

  /**
   * What to show the server now: the token, or a new ticket.
   *
   * @returns {Promise<string>}
   */
  async credential() {
    const credential = this.token ?? this.#ticket ?? await takeTicket();
    this.#ticket = null;
    if (!credential) throw new ClaimCallError('unauthorized', 'not signed in');
    return credential;
  }

  /** Signs out of the company's account on this page. */
  async leaveAccount() {
    await fetch('/login/oidc/end', { method: 'POST' }).catch(() => {});
  }

  /** Forgets the token and everything that came with it; a reload does not begin the demo anew. */
  forget() {
    if (this.wantsDemo) history.replaceState(null, '', location.pathname);
    const all = Array.from({ length: sessionStorage.length }, (_, i) => sessionStorage.key(i) ?? '');
    for (const key of all) if (key.startsWith(this.#key(''))) sessionStorage.removeItem(key);
  }

  /**
   * Keeps a value for reloads of this tab.
   *
   * @param {string} name
   * @param {string} value
   */
  remember(name, value) {
    sessionStorage.setItem(this.#key(name), value);
  }

  /** @param {string} name */
  recall(name) {
    return sessionStorage.getItem(this.#key(name));
  }

  #takeFromAddress() {
    const token = new URLSearchParams(location.hash.slice(1)).get('token');
    if (!token) return false;
    if (!samePerson(token, this.token)) this.forget();
    this.remember('token', token);
    history.replaceState(null, '', location.pathname);
    return true;
  }

  /** @param {string} name */
  #key(name) {
    return `claimcall.${this.#role}.${name}`;
  }
}

/**
 * A fresh link for the same person goes on with what the tab remembers, a running call among it.
 *
 * @param {string} token
 * @param {string | null} known
 */
function samePerson(token, known) {
  const { sub } = claimsOf(token);
  return sub !== '' && sub === claimsOf(known).sub;
}

function fiveDigits() {
  return String(crypto.getRandomValues(new Uint16Array(1))[0]).padStart(5, '0');
}

/** Whether this server offers the development sign-in. A server that cannot be reached does not. */
export async function isDevelopment() {
  return (await serverConfig()).dev === true;
}

/**
 * What this server offers to sign in with; nothing if it cannot be reached.
 *
 * @returns {Promise<{dev?: boolean, oidc?: {name: string, start: string}}>}
 */
export async function serverConfig() {
  try {
    const response = await fetch('/api/v1/config');
    return await response.json();
  } catch {
    return {};
  }
}

/** @returns {Promise<string | null>}  null if nobody is signed in */
async function takeTicket() {
  const response = await fetch('/api/v1/ticket', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' });
  if (response.status === 401) return null;
  if (!response.ok) throw new ClaimCallError('unavailable', `the ticket office answered ${response.status}`, { retry: true });
  const { ticket } = await response.json();
  return ticket;
}
