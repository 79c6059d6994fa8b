import { byId, make, onClick, setText } from '../ui/dom.js';
import { PARTS } from './readiness.js';

/** @import { State } from '../sdk/core/state.js' */
/** @import { Page } from './page.js' */
/** @import { Actions } from './actions.js' */
/** @import { Part, Readiness } from './readiness.js' */

/** Between two calls: what state the adjuster is in, and whether this device is ready. */
export class IdleScreen {
  #page;
  #readiness;

  /**
   * @param {Page} page
   * @param {Actions} actions
   * @param {Readiness} readiness
   */
  constructor(page, actions, readiness) {
    this.#page = page;
    this.#readiness = readiness;
    for (const part of PARTS) byId('ready-list').append(line(part));
    onClick('start', () => actions.start());
    onClick('start-anyway', () => actions.become('available'));
    onClick('ready', () => actions.become('available'));
    onClick('pause', () => actions.become('away'));
    onClick('ready-check', () => readiness.check());
  }

  /** @param {State} state */
  draw({ availability, withdrawn }) {
    const t = (/** @type {string} */ key) => this.#page.language.t(key);
    const now = availability?.state ?? 'away';
    const group = now === 'available' || now === 'wrap_up' || now === 'away' ? now : 'ringing';
    const why = availability?.reason === 'missed' && now === 'away' ? 'missed' : 'text';
    setText('idle-title', t(`idle.${group}.title`));
    setText('idle-text', t(`idle.${group}.${why}`));
    setText('idle-notice', withdrawn ? t(`withdrawn.${withdrawn.reason}`) : '');
    byId('idle').dataset.state = group;
    byId('start').hidden = now !== 'away';
    byId('ready').hidden = now !== 'wrap_up';
    byId('pause').hidden = now !== 'available';
    this.#drawReadiness(now === 'away');
  }

  /** @param {boolean} away */
  #drawReadiness(away) {
    for (const part of PARTS) this.#drawLine(part);
    const { bad, warn, unknown } = this.#readiness.summary;
    const word = this.#readiness.checking ? 'checking' : bad ? 'bad' : warn ? 'warn' : unknown ? 'unknown' : 'ok';
    setText('ready-summary', this.#page.language.t(`ready.summary.${word}`));
    byId('ready-summary').dataset.status = word;
    byId('ready-blocked').hidden = !away || !this.#readiness.blocked;
  }

  /** @param {Part} part */
  #drawLine(part) {
    const finding = this.#readiness.of(part) ?? { status: 'unknown', word: 'ready.unknown', values: {} };
    const { language } = this.#page;
    byId(`ready-${part}`).dataset.status = finding.status;
    setText(`ready-${part}-name`, language.t(`ready.${part}`));
    setText(`ready-${part}-status`, language.t(`ready.status.${finding.status}`));
    setText(`ready-${part}-text`, language.t(finding.word, finding.values));
  }
}

/** @param {Part} part */
function line(part) {
  const item = make('li', 'check-line', ['name', 'text', 'status'].map((what) => {
    const text = make('span', what);
    text.id = `ready-${part}-${what}`;
    return text;
  }));
  item.id = `ready-${part}`;
  return item;
}
