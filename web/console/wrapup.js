import { byId, onClick, setText } from '../ui/dom.js';
import { secondsUntil } from '../ui/format.js';

/** @import { State } from '../sdk/core/state.js' */
/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { Page } from './page.js' */
/** @import { Actions } from './actions.js' */
/** @import { InviteSheet } from './invite.js' */
/** @import { Screen } from './screen.js' */

/**
 * After a call: how it ended, the time to finish the notes, and what comes next. When that time is over the result
 * makes room by itself, unless somebody is still writing.
 */
export class WrapUp {
  #page;
  /** Whether the call on the screen was seen in wrap-up. */
  #began = false;

  /**
   * @param {Page} page
   * @param {Actions} actions
   * @param {InviteSheet} invite
   */
  constructor(page, actions, invite) {
    this.#page = page;
    /** @type {string | null} the ended call whose result has been read */
    this.dismissed = null;
    onClick('wrap-ready', () => this.#leave(actions, 'available'));
    onClick('wrap-away', () => this.#leave(actions, 'away'));
    onClick('done', () => this.#dismiss());
    onClick('call-again', () => {
      const { call } = page.client.state;
      if (call) invite.open({ user: call.legs.claimant.user, claim_no: call.claim_no });
    });
    byId('notes').addEventListener('blur', () => page.draw());
  }

  /**
   * @param {State} state
   * @param {Screen} screen
   */
  draw({ call, availability }, screen) {
    const appears = screen === 'ended' && byId('result').hidden;
    byId('result').hidden = screen !== 'ended';
    if (appears && document.activeElement !== byId('notes')) byId('ended-title').focus(); // the buttons of the call are gone
    if (screen !== 'ended' || !call) {
      this.#began = false;
      return;
    }
    const wrapping = availability?.state === 'wrap_up';
    this.#began ||= wrapping;
    this.#drawResult(call);
    this.#drawTime(availability, wrapping, call.active_at !== undefined);
    if (this.#began && !wrapping && document.activeElement !== byId('notes')) this.#dismissSoon();
  }

  /** @param {CallView} call */
  #drawResult(call) {
    const { language } = this.#page;
    const time = this.#page.durationWords(call);
    setText('ended-title', language.t(call.accepted_at ? 'ended.title' : 'ended.title.missed'));
    setText('ended-text', this.#page.endWords(call));
    setText('ended-time', time && language.t('end.duration', { time }));
  }

  /**
   * @param {State['availability']} availability
   * @param {boolean} wrapping
   * @param {boolean} met  whether the two sides were in the call together
   */
  #drawTime(availability, wrapping, met) {
    const { language, now } = this.#page;
    byId('wrap-up').hidden = !wrapping;
    byId('done').hidden = wrapping;
    byId('call-again').hidden = wrapping || met;
    if (!wrapping) return;
    const until = availability?.until;
    setText('wrap-up-left', until ? language.t('wrap_up.left', { seconds: secondsUntil(until, now) }) : '');
    setText('wrap-up-text', language.t('wrap_up.text'));
  }

  /**
   * @param {Actions} actions
   * @param {'available' | 'away'} state
   */
  async #leave(actions, state) {
    await actions.become(state);
    if (this.#page.client.state.availability?.state === state) this.#dismiss();
  }

  /** Not while the page is being drawn. */
  #dismissSoon() {
    this.#began = false;
    queueMicrotask(() => this.#dismiss());
  }

  #dismiss() {
    this.dismissed = this.#page.client.state.call?.id ?? null;
    this.#page.draw();
  }
}
