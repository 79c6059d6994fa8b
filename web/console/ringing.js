import { byId, setText } from '../ui/dom.js';
import { duration, secondsUntil } from '../ui/format.js';
import { drawRow } from './facts.js';

/** @import { State } from '../sdk/core/state.js' */
/** @import { Page } from './page.js' */

/** A call that comes in: who, about what, and how long it will ring. */
export class RingingScreen {
  #page;
  #bar = /** @type {HTMLProgressElement} */ (byId('ringing-bar'));
  #call = '';

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
  }

  /** @param {State} state */
  draw({ invites: [invite] }) {
    if (!invite) return;
    const { call, expiresAt } = invite;
    const { now, language } = this.#page;
    const left = secondsUntil(expiresAt, now);
    if (call.id !== this.#call) {
      this.#call = call.id;
      this.#bar.max = Math.max(1, left);
    }
    this.#bar.value = left;
    setText('ringing-name', call.legs.claimant.name || call.legs.claimant.user);
    setText('ringing-claim', call.claim_no);
    setText('ringing-waited', duration(now - Date.parse(call.created_at)));
    drawRow('ringing-skills', call.skills?.join(', '));
    drawRow('ringing-note', call.note);
    setText('ringing-left', language.t('ringing.left', { seconds: left }));
  }
}
