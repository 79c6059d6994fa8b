import { onClick, setText } from '../ui/dom.js';

/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { Page } from './page.js' */
/** @import { Seat } from '../ui/seat.js' */

/**
 * A call of this adjuster that goes on at another device or tab. It can be taken over; when the other one is gone, as
 * after a crash, that happens by itself.
 */
export class Elsewhere {
  #page;
  #seat;
  /** What was answered on another device: its views come no more. @type {CallView | null} */
  #answered = null;

  /**
   * @param {Page} page
   * @param {Seat} seat
   */
  constructor(page, seat) {
    this.#page = page;
    this.#seat = seat;
    const { client } = page;
    client.on('call.withdrawn', ({ call, reason }) => {
      if (reason === 'answered_elsewhere') this.#answered = call;
      page.draw();
    });
    client.on('call.invite', () => this.#forget());
    client.on('availability', ({ state }) => {
      if (state !== 'in_call' && state !== 'ringing') this.#forget();
    });
    client.on('welcome', ({ call }) => {
      this.#forget();
      if (call && isRunning(call) && !seat.holds(call) && call.legs.adjuster?.link === 'lost') seat.take(call);
    });
    onClick('here', () => this.call && page.attempt(() => seat.take(/** @type {CallView} */ (this.call))));
  }

  /** @returns {CallView | null} */
  get call() {
    const { call, availability } = this.#page.client.state;
    // Who gave a call away hears no more of it than that it is over: that one can be called again.
    if (availability && availability.state !== 'in_call' && availability.state !== 'ringing') return null;
    if (call && isRunning(call)) return this.#seat.holds(call) ? null : call;
    return this.#answered;
  }

  draw() {
    const { call } = this;
    if (!call) return;
    setText('elsewhere-name', call.legs.claimant.name || call.legs.claimant.user);
    setText('elsewhere-claim', call.claim_no);
  }

  #forget() {
    this.#answered = null;
  }
}

/** @param {CallView} call */
function isRunning({ state }) {
  return state === 'connecting' || state === 'active';
}
