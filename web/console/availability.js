import { byId, onClick, setText } from '../ui/dom.js';
import { duration, secondsUntil } from '../ui/format.js';

/** @import { State } from '../sdk/core/state.js' */
/** @import { Page } from './page.js' */
/** @import { Actions } from './actions.js' */

/** The switch in the bar: whether this adjuster is given calls, in a word and a colour. */
export class AvailabilitySwitch {
  #page;
  #button = /** @type {HTMLButtonElement} */ (byId('switch'));

  /**
   * @param {Page} page
   * @param {Actions} actions
   */
  constructor(page, actions) {
    this.#page = page;
    onClick('switch', () => {
      const on = this.#button.getAttribute('aria-checked') === 'true';
      return on ? actions.become('away') : actions.start();
    });
  }

  /** @param {State} state */
  draw({ availability, connection }) {
    const known = availability !== null && connection.status !== 'closed';
    byId('availability').hidden = !known;
    if (!known) return;
    const { state } = availability;
    this.#button.setAttribute('aria-checked', String(state !== 'away' && state !== 'offline'));
    this.#button.disabled = state === 'ringing' || state === 'in_call';
    setText('availability-word', this.#page.language.t(`availability.${state}`) + this.#left(availability));
    byId('availability').dataset.state = state;
  }

  /** @param {{state: string, until?: string}} availability */
  #left({ state, until }) {
    if (state !== 'wrap_up' || !until) return '';
    return ` ${duration(1_000 * secondsUntil(until, this.#page.now))}`;
  }
}
