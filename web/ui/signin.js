import { claimsOf } from './token.js';

/**
 * Who is signed in on this page. The token comes from the address (`#token=...`, taken out of it
 * at once) or from the development sign-in, and stays in this tab only.
 */
export class SignIn {
  #role;

  /** @param {'adjuster' | 'claimant'} role */
  constructor(role) {
    this.#role = role;
    this.#takeFromAddress();
    addEventListener('hashchange', () => {
      if (this.#takeFromAddress()) location.reload();
    });
  }

  /** The token, or null. */
  get token() {
    return this.recall('token');
  }

  /** Signs in as a new person of this page's role; only a development server allows it. */
  async asNewPerson() {
    const number = String(crypto.getRandomValues(new Uint16Array(1))[0]).padStart(5, '0');
    const title = this.#role === 'adjuster' ? '查勘员' : '报案人';
    const response = await fetch('/api/v1/login/dev', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ role: this.#role, sub: `${this.#role}-${number}`, name: `${title} ${number}` }),
    });
    if (!response.ok) throw new Error(`sign-in answered ${response.status}`);
    const { token } = await response.json();
    this.remember('token', token);
  }

  /** Forgets the token and everything that came with it. */
  forget() {
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

/** Whether this server offers the development sign-in. A server that cannot be reached does not. */
export async function isDevelopment() {
  try {
    const response = await fetch('/api/v1/config');
    const { dev } = await response.json();
    return dev === true;
  } catch {
    return false;
  }
}
