import { byId, onClick } from '../ui/dom.js';

/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { Page } from './page.js' */
/** @import { Seat } from '../ui/seat.js' */
/** @import { Readiness } from './readiness.js' */
/** @import { Tabs } from './tabs.js' */

/** What the adjuster can do, and the buttons that do it. */
export class Actions {
  #page;
  #client;
  #seat;
  #tabs;
  #readiness;

  /** @param {{page: Page, seat: Seat, tabs: Tabs, readiness: Readiness}} parts */
  constructor({ page, seat, tabs, readiness }) {
    this.#page = page;
    this.#client = page.client;
    this.#seat = seat;
    this.#tabs = tabs;
    this.#readiness = readiness;
    onClick('accept', () => this.accept());
    onClick('reject', () => this.reject());
    onClick('hangup', () => this.#withCall((call) => this.#client.hangup(call.id)));
    onClick('refresh', () => this.#withCall((call) => this.#client.refreshStreams(call.id, 'play_failed')));
  }

  /** Takes calls, if this device is ready for them; if not, the page shows why, and offers to do it all the same. */
  async start() {
    if (await this.#readiness.check()) await this.become('available');
    else if (byId('start-anyway').checkVisibility()) byId('start-anyway').focus();
  }

  /** Takes calls without a click, as the demo does; if something is in the way, the page shows it. */
  async startUnasked() {
    if (await this.#readiness.seems()) await this.become('available');
  }

  /** @param {'available' | 'away'} state */
  become(state) {
    return this.#page.attempt(() => this.#client.setAvailability(state));
  }

  /** Other tabs stop ringing at once; should it fail, the hub's word counts again. */
  async accept() {
    const [invite] = this.#client.state.invites;
    if (!invite) return;
    const { id } = invite.call;
    this.#seat.reserve(id);
    this.#tabs.answering(id);
    await this.#page.attempt(async () => {
      try {
        await this.#client.accept(id);
      } catch (error) {
        this.#seat.reserve('');
        this.#tabs.failed(id);
        throw error;
      }
    });
  }

  async reject() {
    const [invite] = this.#client.state.invites;
    if (!invite) return;
    this.#tabs.answering(invite.call.id);
    await this.#page.attempt(() => this.#client.reject(invite.call.id));
  }

  /**
   * Calls a claimant; the call begins on this page.
   *
   * @param {{user: string, claim_no: string}} invite
   */
  async invite(invite) {
    const { call } = await this.#client.invite(invite);
    this.#seat.reserve(call.id);
    this.#page.draw();
  }

  /** @param {(call: CallView) => Promise<unknown>} command */
  #withCall(command) {
    const { call } = this.#client.state;
    return call && this.#page.attempt(() => command(call));
  }
}
