import { ClaimCallError } from '../sdk/index.js';

/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { SignIn } from '../ui/signin.js' */

const PAGE = 20;

/** The calls of the past, as the hub keeps them. */
export class Records {
  #signIn;

  /** @param {SignIn} signIn */
  constructor(signIn) {
    this.#signIn = signIn;
  }

  /**
   * One page of the calls this person was in, newest end first.
   *
   * @param {{q: string, cursor?: string, signal: AbortSignal}} wish  `q`: part of a claim number, a name or a note
   * @returns {Promise<{calls: CallView[], next?: string}>}
   */
  async find({ q, cursor, signal }) {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (q) query.set('q', q);
    if (cursor) query.set('cursor', cursor);
    const token = await this.#signIn.credential();
    const response = await fetch(`/api/v1/calls?${query}`, { headers: { Authorization: `Bearer ${token}` }, signal });
    if (!response.ok) throw new ClaimCallError('unavailable', `records answered ${response.status}`, { retry: true });
    return response.json();
  }
}
