import { byId, onClick, setText } from '../ui/dom.js';

/** @import { State } from '../sdk/core/state.js' */
/** @import { CallProfile } from '../sdk/core/wire.js' */
/** @import { Page } from './page.js' */
/** @import { Screen } from './screen.js' */

/** The place of the pictures: full screen, picture in picture, and the proposal to go on with sound alone. */
export class Stage {
  #page;
  #stage = byId('stage');
  /** Whose stream has been bad for long. @type {CallProfile['leg'] | null} */
  #proposed = null;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    onClick('full', () => this.#toggleFull());
    onClick('pip', () => this.#togglePip());
    onClick('propose-yes', () => this.#soundOnly());
    onClick('propose-no', () => this.#propose(null));
    document.addEventListener('fullscreenchange', () => page.draw());
    page.client.on('call.profile', ({ leg, propose, quality }) => {
      if (propose === 'audio') this.#propose(leg);
      else if (quality !== 'bad' && leg === this.#proposed) this.#propose(null);
    });
  }

  get #player() {
    return this.#page.media.player;
  }

  /**
   * @param {State} state
   * @param {Screen} screen
   */
  draw({ call, streams }, screen) {
    const inCall = screen === 'call';
    this.#stage.dataset.over = String(!inCall);
    if (!inCall) this.#leave();
    byId('full').hidden = !inCall || !document.fullscreenEnabled;
    byId('full').setAttribute('aria-pressed', String(document.fullscreenElement === this.#stage));
    byId('pip').hidden = !inCall || !streams || !this.#player.canPictureInPicture;
    byId('pip').setAttribute('aria-pressed', String(this.#player.pictureInPicture));
    byId('hangup').hidden = !inCall;
    byId('self-off').hidden = byId('blind').getAttribute('aria-pressed') !== 'true' || this.#page.media.sending !== 'publishing';
    const mine = this.#proposed === call?.you;
    setText('propose-text', this.#proposed ? this.#page.language.t(mine ? 'propose.mine' : 'propose.theirs') : '');
    byId('propose').hidden = !this.#proposed || !inCall;
    byId('propose-yes').hidden = !mine;
    const word = this.#page.language.t(mine ? 'propose.no' : 'propose.seen');
    if (byId('propose-no').textContent !== word) byId('propose-no').textContent = word;
  }

  /** Nothing of a call that is over stays on the screen. */
  #leave() {
    this.#proposed = null;
    if (document.fullscreenElement === this.#stage) document.exitFullscreen().catch(() => {});
  }

  async #toggleFull() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.#stage.requestFullscreen();
  }

  async #togglePip() {
    await this.#player.setPictureInPicture(!this.#player.pictureInPicture).catch(() => {}); // there is no picture yet
  }

  #soundOnly() {
    if (byId('blind').getAttribute('aria-pressed') !== 'true') byId('blind').click();
    this.#propose(null);
  }

  /** @param {CallProfile['leg'] | null} leg */
  #propose(leg) {
    this.#proposed = leg;
    this.#page.draw();
  }
}
