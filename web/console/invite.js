import { ClaimCallError } from '../sdk/index.js';
import { byId, onClick, setText } from '../ui/dom.js';

/** @import { State } from '../sdk/core/state.js' */
/** @import { Page } from './page.js' */
/** @import { Actions } from './actions.js' */

/** Calls a claimant directly, past the queue. */
export class InviteSheet {
  #page;
  #actions;
  #sheet = /** @type {HTMLDialogElement} */ (byId('invite'));
  #user = /** @type {HTMLInputElement} */ (byId('invite-user'));
  #claim = /** @type {HTMLInputElement} */ (byId('invite-claim'));

  /**
   * @param {Page} page
   * @param {Actions} actions
   */
  constructor(page, actions) {
    this.#page = page;
    this.#actions = actions;
    onClick('invite-open', () => this.open());
    byId('invite-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  /** @param {{user: string, claim_no: string}} [known]  what to begin with */
  open(known) {
    if (known) {
      this.#user.value = known.user;
      this.#claim.value = known.claim_no;
    }
    setText('invite-problem', '');
    this.#sheet.showModal();
    (known ? byId('invite-send') : this.#user).focus();
  }

  /** Whoever is in a call, or about to be, cannot make another. @param {State} state */
  draw({ availability }) {
    const busy = availability?.state === 'in_call' || availability?.state === 'ringing';
    for (const id of ['invite-open', 'record-again']) /** @type {HTMLButtonElement} */ (byId(id)).disabled = busy;
  }

  async #send() {
    const send = /** @type {HTMLButtonElement} */ (byId('invite-send'));
    send.disabled = true;
    try {
      await this.#actions.invite({ user: this.#user.value.trim(), claim_no: this.#claim.value.trim() });
      this.#sheet.close();
      this.#user.value = '';
      this.#claim.value = '';
    } catch (error) {
      const code = error instanceof ClaimCallError ? error.code : 'other';
      setText('invite-problem', this.#page.word('error', code));
    } finally {
      send.disabled = false;
    }
  }
}
