import { byId, onClick, setText } from '../ui/dom.js';
import { duration } from '../ui/format.js';
import { drawRow } from './facts.js';
import { Notes } from './notes.js';

/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { Page } from './page.js' */
/** @import { InviteSheet } from './invite.js' */

/** One call of the past; its notes can still be written. */
export class RecordSheet {
  #page;
  #sheet = /** @type {HTMLDialogElement} */ (byId('record'));
  #notes;
  /** @type {CallView | null} */
  #call = null;
  /** Called when the sheet was closed. */
  onClosed = () => {};

  /**
   * @param {Page} page
   * @param {InviteSheet} invite
   */
  constructor(page, invite) {
    this.#page = page;
    this.#notes = new Notes(page, { field: 'record-notes', state: 'record-notes-state' });
    this.#sheet.addEventListener('close', async () => {
      this.#call = null;
      await this.#notes.leave();
      this.onClosed();
    });
    onClick('record-again', () => {
      const call = this.#call;
      this.#sheet.close();
      if (call) invite.open({ user: call.legs.claimant.user, claim_no: call.claim_no });
    });
  }

  /** @param {CallView} call */
  open(call) {
    this.#call = call;
    const { language } = this.#page;
    const { claimant } = call.legs;
    setText('record-title', call.claim_no);
    setText('record-name', claimant.name || claimant.user);
    setText('record-when', language.moment(call.ended_at ?? call.created_at));
    setText('record-waited', duration(Date.parse(call.accepted_at ?? call.ended_at ?? call.created_at) - Date.parse(call.created_at)));
    setText('record-time', this.#page.durationWords(call) || '–');
    setText('record-end', this.#page.endWords(call));
    drawRow('record-note', call.note);
    this.#notes.show(call);
    this.#sheet.showModal();
  }
}
