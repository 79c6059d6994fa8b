import { byId, make, setText } from '../ui/dom.js';
import { duration } from '../ui/format.js';

/** @import { State } from '../sdk/core/state.js' */
/** @import { QueueEntry } from '../sdk/core/wire.js' */
/** @import { Page } from './page.js' */

/** From here on a wait is called long. */
const LONG_MS = 180_000;

/** Who waits, longest first; the waits run on between two messages of the hub. */
export class QueueTab {
  #page;
  #list = byId('queue-list');
  /** What is on the screen, by call. @type {Map<string, HTMLElement>} */
  #rows = new Map();
  #language = '';

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    page.client.on('welcome', () => {
      if (!page.client.state.watching) page.client.watchQueue(true).catch(() => {});
    });
  }

  /** @param {State} state */
  draw({ backlog }) {
    const { language } = this.#page;
    const waiting = backlog?.waiting ?? [];
    setText('queue-count', backlog?.total ? String(backlog.total) : '');
    setText('queue-empty', waiting.length > 0 ? '' : language.t(backlog ? 'queue.empty' : 'queue.loading'));
    const hidden = (backlog?.total ?? 0) - waiting.length;
    setText('queue-more', hidden > 0 ? language.t('queue.hidden', { count: hidden }) : '');
    if (this.#language !== language.tag) this.#rows.clear();
    this.#language = language.tag;
    this.#arrange(waiting);
    for (const entry of waiting) this.#drawWait(entry);
  }

  /** Rows are kept: what is in place stays in place. @param {QueueEntry[]} waiting */
  #arrange(waiting) {
    const rows = waiting.map((entry) => {
      const known = this.#rows.get(key(entry));
      return /** @type {const} */ ([key(entry), known ?? this.#row(entry)]);
    });
    const same = rows.length === this.#list.children.length && rows.every(([, row], i) => row === this.#list.children[i]);
    this.#rows = new Map(rows);
    if (!same) this.#list.replaceChildren(...this.#rows.values());
  }

  /** @param {QueueEntry} entry */
  #row({ claim_no, skills = [], media, note, link, queue }) {
    const { language } = this.#page;
    const tags = skills.map((skill) => make('span', 'tag', skill));
    if (queue !== 'default') tags.unshift(make('span', 'tag', queue));
    if (media === 'audio') tags.push(make('span', 'tag', language.t('queue.audio')));
    if (link === 'lost') tags.push(make('span', 'tag warn', language.t('queue.lost')));
    const head = make('div', 'row-head', [make('strong', 'number', claim_no), make('span', 'wait number')]);
    const parts = [head];
    if (note) parts.push(make('p', 'row-note', note));
    if (tags.length > 0) parts.push(make('div', 'tags', tags));
    return make('li', 'row', parts);
  }

  /** @param {QueueEntry} entry */
  #drawWait(entry) {
    const wait = /** @type {HTMLElement} */ (this.#rows.get(key(entry))?.querySelector('.wait'));
    const ms = this.#page.now - Date.parse(entry.since);
    const word = ms >= LONG_MS ? 'queue.long' : 'queue.wait';
    wait.textContent = this.#page.language.t(word, { time: duration(ms) });
    wait.classList.toggle('warn', ms >= LONG_MS);
  }
}

/** Changes when anything does that a row shows. @param {QueueEntry} entry */
function key({ call, link, note, claim_no }) {
  return [call, link, claim_no, note].join('\n');
}
