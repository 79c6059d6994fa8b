import { byId, onClick, setText } from '../ui/dom.js';

/** @typedef {'queue' | 'history'} Tab */

/** @type {Tab[]} */
const TABS = ['queue', 'history'];

/** Where there is no room for the column beside the work it lies over it, on request. */
const NARROW = matchMedia('(max-width: 820px)');
const TIGHT = matchMedia('(max-width: 1199px)');

/** The column with the queue and the records. */
export class Side {
  #changed;
  #atWork = false;
  #open = false;
  /** @type {Tab} */
  #tab = 'queue';

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
    for (const tab of TABS) {
      onClick(`tab-${tab}`, () => this.#choose(tab));
      byId(`tab-${tab}`).addEventListener('keydown', (event) => this.#arrow(event));
    }
    onClick('drawer', () => (this.#open ? this.close() : this.show(this.#tab)));
    onClick('drawer-close', () => this.close());
    for (const query of [NARROW, TIGHT]) query.addEventListener('change', () => changed());
  }

  /** The tab that can be seen; null if none can. */
  get shown() {
    return byId('side').hidden ? null : this.#tab;
  }

  /** Whether the column lies over the work instead of beside it. */
  get #overlays() {
    const inCall = document.body.dataset.at === 'call' || document.body.dataset.at === 'ended';
    return NARROW.matches || (TIGHT.matches && inCall);
  }

  /**
   * @param {boolean} atWork
   * @param {number} waiting  how many calls wait
   */
  draw(atWork, waiting) {
    this.#atWork = atWork;
    const overlays = this.#overlays;
    byId('side').hidden = !atWork || (overlays && !this.#open);
    byId('side').classList.toggle('over', overlays);
    byId('drawer').hidden = !atWork || !overlays;
    byId('drawer').setAttribute('aria-expanded', String(this.#open));
    setText('drawer-count', waiting > 0 ? String(waiting) : '');
    byId('drawer-close').hidden = !overlays;
    for (const tab of TABS) {
      const chosen = tab === this.#tab;
      byId(tab).hidden = !chosen;
      byId(`tab-${tab}`).setAttribute('aria-selected', String(chosen));
      byId(`tab-${tab}`).tabIndex = chosen ? 0 : -1;
    }
  }

  /**
   * Shows a tab and puts the keyboard there.
   *
   * @param {Tab} tab
   */
  show(tab) {
    if (!this.#atWork) return;
    this.#open = true;
    this.#choose(tab);
    byId(tab === 'history' ? 'history-search' : 'queue').focus();
  }

  /** Returns whether it lay over the work. */
  close() {
    const over = this.#open && this.#overlays;
    this.#open = false;
    this.#changed();
    if (over) byId('drawer').focus();
    return over;
  }

  /** @param {Tab} tab */
  #choose(tab) {
    this.#tab = tab;
    this.#changed();
  }

  /** @param {KeyboardEvent} event */
  #arrow({ key }) {
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
    this.#choose(this.#tab === 'queue' ? 'history' : 'queue');
    byId(`tab-${this.#tab}`).focus();
  }
}
