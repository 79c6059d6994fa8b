import { ClaimCallError } from '../sdk/index.js';

/**
 * A token, until when it is good (RFC 3339; not every server says so), and for which claim.
 *
 * @typedef {{token: string, expiresAt?: string, claimNo: string}} Kept
 */

const STORED = 'claimcall.signin';
const PERSON = 'claimcall.person';

/** A token that is about to run out is not begun with. */
const MARGIN_MS = 60_000;
/** Answers after which the same question may be answered otherwise. */
const BUSY = new Set([408, 425, 429]);

/**
 * Who the claimant is: WeChat gives a code, and the server a token for it. The token is kept on the phone, so that somebody
 * who comes back after a crash is in their call again at once.
 */
export class SignIn {
  #wx;
  #server;
  #claimNo = '';
  /** The kept token is good for one try: whoever asks again was refused with it. */
  #tried = false;

  /** @param {{wx: any, server: string}} options */
  constructor({ wx, server }) {
    this.#wx = wx;
    this.#server = server;
    this.#claimNo = this.#kept()?.claimNo ?? '';
  }

  /** Whether there is a token that still holds, so that nothing has to be asked. */
  get known() {
    return this.#valid() !== null;
  }

  /**
   * From now on it is about this claim. The token may be bound to one.
   *
   * @param {string} claimNo
   * @returns {boolean}  whether that changes who is signed in
   */
  use(claimNo) {
    if (claimNo === this.#claimNo) return false;
    this.#claimNo = claimNo;
    this.forget();
    return true;
  }

  /** The token was refused or ran out: the next one is a new one. */
  forget() {
    this.#wx.removeStorageSync(STORED);
  }

  /**
   * For the SDK, which keeps what it got while that is good: the kept token the first time, then a new one.
   *
   * @returns {Promise<import('../sdk/core/tokens.js').Token>}
   */
  async token() {
    const kept = this.#tried ? null : this.#valid();
    this.#tried = true;
    return kept ?? this.#ask();
  }

  async #ask() {
    const claimNo = this.#claimNo;
    const { code } = await this.#login();
    const answer = await this.#post('/api/v1/login/wechat', { code, claim_no: claimNo || undefined });
    // A development server has no WeChat behind it, and lets anybody in.
    const data = answer ?? (await this.#post('/api/v1/login/dev', this.#developer(claimNo)));
    if (!data?.token) throw new ClaimCallError('signin_off', 'this server has no sign-in for WeChat');
    const { token, expires_at: expiresAt } = data;
    this.#wx.setStorageSync(STORED, { token, expiresAt, claimNo });
    return { token, expiresAt };
  }

  /** @returns {Promise<{code: string}>} */
  #login() {
    return new Promise((resolve, reject) => {
      this.#wx.login({
        success: resolve,
        fail: () => reject(new ClaimCallError('wechat', 'WeChat gave no code', { retry: true })),
      });
    });
  }

  /**
   * @param {string} path
   * @param {object} data
   * @returns {Promise<{token?: string, expires_at?: string} | null>}  null if the server has no such sign-in
   */
  #post(path, data) {
    return new Promise((resolve, reject) => {
      this.#wx.request({
        url: this.#server + path,
        method: 'POST',
        data,
        header: { 'content-type': 'application/json' },
        success: (/** @type {{statusCode: number, data: any}} */ { statusCode, data: answer }) => {
          if (statusCode === 200) resolve(answer);
          else if (statusCode === 404) resolve(null);
          else reject(refusal(statusCode, answer));
        },
        fail: () => reject(new ClaimCallError('unavailable', 'the server is out of reach', { retry: true })),
      });
    });
  }

  /**
   * Who to be on a development server: the same person each time.
   *
   * @param {string} claimNo
   */
  #developer(claimNo) {
    let person = this.#wx.getStorageSync(PERSON);
    if (!person) {
      person = `weixin-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
      this.#wx.setStorageSync(PERSON, person);
    }
    return { role: 'claimant', sub: person, claim_no: claimNo || undefined };
  }

  /** @returns {Kept | null} */
  #kept() {
    return this.#wx.getStorageSync(STORED) || null;
  }

  /** @returns {Kept | null} */
  #valid() {
    const kept = this.#kept();
    return kept && kept.claimNo === this.#claimNo && lasts(kept) ? kept : null;
  }
}

/**
 * @param {number} status
 * @param {any} answer
 */
function refusal(status, answer) {
  const retry = status >= 500 || BUSY.has(status);
  const code = answer?.error?.code ?? answer?.code ?? (retry ? 'unavailable' : 'unauthorized');
  return new ClaimCallError(code, 'the sign-in was refused', { retry });
}

/** @param {Kept} kept */
function lasts({ expiresAt }) {
  return expiresAt === undefined || Date.parse(expiresAt) - Date.now() > MARGIN_MS;
}
