import { byId, setText } from '../ui/dom.js';
import { drawRow } from './facts.js';
import { Notes } from './notes.js';
import { receivedWords, sentWords, troubleWord } from './quality.js';

/** @import { State } from '../sdk/core/state.js' */
/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { Page } from './page.js' */
/** @import { Screen } from './screen.js' */

/** A running call and, in the same place, one that has just ended: what is known about it, and the notes. */
export class CallScreen {
  #page;
  #notes;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    this.#notes = new Notes(page, { field: 'notes', state: 'notes-state' });
  }

  /** Why there is no picture yet, for as long as there are no streams. */
  waitingWords = '';
  /** Why the picture stopped; empty while it is not known to have. */
  trouble = '';

  /**
   * @param {State} state
   * @param {Screen} screen
   */
  draw(state, screen) {
    const { call } = state;
    if (!call) {
      this.#notes.show(null);
      return;
    }
    const { language } = this.#page;
    this.waitingWords = language.t(stateWord(call));
    this.trouble = language.t(troubleWord(state));
    setText('call-state', this.waitingWords);
    setText('call-time', this.#page.durationWords(call));
    this.#drawFacts(call);
    this.#drawLinks(state, call);
    if (screen === 'call' || screen === 'ended') this.#notes.show(call);
    setText('hangup-word', language.t(call.state === 'ringing' ? 'call.cancel' : 'call.hangup'));
  }

  focusNotes() {
    if (byId('notes').checkVisibility()) byId('notes').focus();
  }

  /** @param {CallView} call */
  #drawFacts(call) {
    const { claimant } = call.legs;
    setText('call-name', claimant.name || claimant.user);
    setText('call-claim', call.claim_no);
    drawRow('call-skills', call.skills?.join(', '));
    drawRow('call-note', call.note);
  }

  /**
   * @param {State} state
   * @param {CallView} call
   */
  #drawLinks(state, call) {
    const { language } = this.#page;
    const [received, sent] = [receivedWords(call), sentWords(state, this.#page.media.sending)];
    byId('links').hidden = call.state !== 'active';
    setText('call-peer', language.t(received.word));
    byId('call-peer').dataset.level = received.level;
    setText('call-self', language.t(sent.word));
    byId('call-self').dataset.level = sent.level;
  }
}

/** @param {CallView} call */
function stateWord({ state, legs, accepted_at }) {
  if (state === 'ringing') return 'call.calling';
  if (state === 'active') return 'call.active';
  if (state === 'ended') return accepted_at ? 'call.ended' : 'ended.title.missed';
  return legs.adjuster?.joined ? 'call.waiting' : 'call.connecting';
}
