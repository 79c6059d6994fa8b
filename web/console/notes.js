import { byId, setText } from '../ui/dom.js';

/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { Page } from './page.js' */

/** Nothing typed for so long is worth saving. */
const PAUSE_MS = 700;
/** Between two attempts, while saving fails. */
const RETRY_MS = 3_000;
/** What is not saved yet survives a reload under this name. */
const DRAFT = 'claimcall.console.draft.';

/** @typedef {'none' | 'typing' | 'saving' | 'saved' | 'failed'} Saving */

/**
 * The adjuster's notes on a call: saved as they are typed, and the field says whether they are. What the hub does
 * not have yet is kept in this tab until it does.
 */
export class Notes {
  #page;
  #field;
  #stateId;
  /** @type {CallView | null} */
  #call = null;
  /** @type {Saving} */
  #saving = 'none';
  #timer = 0;
  #saved = '';

  /**
   * @param {Page} page
   * @param {{field: string, state: string}} ids
   */
  constructor(page, { field, state }) {
    this.#page = page;
    this.#field = /** @type {HTMLTextAreaElement} */ (byId(field));
    this.#stateId = state;
    this.#field.addEventListener('input', () => this.#typed());
    this.#field.addEventListener('blur', () => this.#save());
    addEventListener('pagehide', () => this.#save());
  }

  /**
   * Shows the notes of that call. What is being typed is never overwritten.
   *
   * @param {CallView | null} call
   */
  show(call) {
    if (call?.id !== this.#call?.id) this.#change(call);
    else if (call) this.#call = call;
    const hubs = call?.notes ?? '';
    if (call && this.#saving !== 'typing' && this.#saving !== 'saving' && this.#saving !== 'failed' && hubs !== this.#saved) {
      this.#saved = hubs;
      this.#field.value = hubs;
    }
    this.#draw();
  }

  /** Saves what is left and shows no call. */
  async leave() {
    await this.#save();
    this.#change(null);
  }

  /** @param {CallView | null} call */
  #change(call) {
    this.#save();
    clearTimeout(this.#timer);
    this.#call = call;
    this.#saved = call?.notes ?? '';
    this.#saving = 'none';
    const draft = call && sessionStorage.getItem(DRAFT + call.id);
    this.#field.value = draft ?? this.#saved;
    if (typeof draft === 'string' && draft !== this.#saved) this.#typed();
  }

  #typed() {
    if (!this.#call) return;
    sessionStorage.setItem(DRAFT + this.#call.id, this.#field.value);
    this.#saving = 'typing';
    this.#later(PAUSE_MS);
    this.#draw();
  }

  /** @param {number} ms */
  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), ms);
  }

  async #save() {
    const call = this.#call;
    if (!call || (this.#saving !== 'typing' && this.#saving !== 'failed')) return;
    clearTimeout(this.#timer);
    const text = this.#field.value;
    this.#saving = 'saving';
    this.#draw();
    try {
      await this.#page.client.note(call.id, text);
      if (sessionStorage.getItem(DRAFT + call.id) === text) sessionStorage.removeItem(DRAFT + call.id);
      if (call.id === this.#call?.id) this.#done(text);
    } catch {
      if (call.id === this.#call?.id) this.#failed();
    }
    this.#draw();
  }

  /** @param {string} text  that the hub has now */
  #done(text) {
    this.#saved = text;
    if (this.#saving === 'saving') this.#saving = 'saved';
  }

  #failed() {
    this.#saving = 'failed';
    this.#later(RETRY_MS);
  }

  #draw() {
    setText(this.#stateId, this.#call ? this.#page.language.t(`notes.${this.#saving}`) : '');
    byId(this.#stateId).dataset.saving = this.#saving;
  }
}
