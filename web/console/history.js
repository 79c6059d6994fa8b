import { byId, make, onClick, setText } from '../ui/dom.js';

/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { Page } from './page.js' */
/** @import { RecordSheet } from './record.js' */
/** @import { Records } from './records.js' */

/** Nothing typed for so long is a question. */
const PAUSE_MS = 250;

/** The calls of the past, with a search; asked for anew whenever a call ends or the tab is shown. */
export class HistoryTab {
  #page;
  #records;
  #record;
  #field = /** @type {HTMLInputElement} */ (byId('history-search'));
  /** @type {CallView[]} */
  #calls = [];
  /** @type {string | undefined} */
  #next;
  /** @type {'idle' | 'loading' | 'ready' | 'failed'} */
  #state = 'idle';
  #asked = new AbortController();
  #timer = 0;
  #shown = false;
  #drawn = '';

  /**
   * @param {Page} page
   * @param {Records} records
   * @param {RecordSheet} record
   */
  constructor(page, records, record) {
    this.#page = page;
    this.#records = records;
    this.#record = record;
    this.#field.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#search(), PAUSE_MS);
    });
    byId('history-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#search();
    });
    onClick('history-more', () => this.#more());
    page.client.on('call.hangup', () => this.#stale());
    record.onClosed = () => this.#stale();
  }

  /** @param {boolean} shown */
  draw(shown) {
    const appears = shown && !this.#shown;
    this.#shown = shown;
    if (appears) this.#search();
    this.#render();
  }

  #stale() {
    if (this.#shown) this.#search();
  }

  async #search() {
    clearTimeout(this.#timer);
    this.#asked.abort();
    this.#asked = new AbortController();
    if (this.#calls.length === 0) this.#state = 'loading';
    this.#render();
    await this.#load(this.#asked.signal);
  }

  #more() {
    return this.#load(this.#asked.signal, this.#next);
  }

  /**
   * @param {AbortSignal} signal
   * @param {string} [cursor]
   */
  async #load(signal, cursor) {
    try {
      const { calls, next } = await this.#records.find({ q: this.#field.value.trim(), cursor, signal });
      this.#calls = cursor ? [...this.#calls, ...calls] : calls;
      this.#next = next;
      this.#state = 'ready';
    } catch {
      if (signal.aborted) return;
      this.#state = 'failed';
    }
    this.#render();
  }

  #render() {
    const { language } = this.#page;
    const empty = this.#field.value.trim() ? 'history.nothing' : 'history.empty';
    const word = this.#state === 'ready' ? (this.#calls.length === 0 ? empty : '') : `history.${this.#state}`;
    setText('history-state', word && this.#state !== 'idle' ? language.t(word) : '');
    byId('history-more').hidden = !this.#next || this.#state !== 'ready';
    const key = language.tag + this.#calls.map(({ id, version }) => id + version).join();
    if (key === this.#drawn) return;
    this.#drawn = key;
    byId('history-list').replaceChildren(...this.#calls.map((call) => this.#row(call)));
  }

  /** @param {CallView} call */
  #row(call) {
    const { claimant } = call.legs;
    const head = make('span', 'row-head', [
      make('strong', 'number', call.claim_no),
      make('span', 'wait number', this.#page.language.moment(call.ended_at ?? call.created_at)),
    ]);
    const time = this.#page.durationWords(call);
    const outcome = [this.#page.endWords(call), time].filter(Boolean).join(' · ');
    const parts = [head, make('span', 'row-line', [make('span', '', claimant.name || claimant.user), make('span', 'wait', outcome)])];
    if (call.notes) parts.push(make('span', 'row-note', call.notes));
    const button = make('button', 'row-button', parts);
    button.type = 'button';
    button.addEventListener('click', () => this.#record.open(call));
    return make('li', 'row', [button]);
  }
}
