import '../sdk/player.js';
import '../sdk/publisher.js';
import { byId, onClick, setText } from '../ui/dom.js';
import { Flow } from '../ui/flow.js';
import { showPublish } from '../ui/publish.js';
import { noticeOf } from './notice.js';
import { timeFirstPicture } from '../ui/timing.js';

/** @import { Client } from '../sdk/core/client.js' */
/** @import { Player } from '../sdk/player.js' */
/** @import { Publisher } from '../sdk/publisher.js' */
/** @import { CallView } from '../sdk/core/wire.js' */
/** @import { Language } from '../ui/language.js' */

/** The running call: two pictures, the line that says how it goes, and the buttons. */
export class Talk {
  #client;
  #language;
  #redraw;
  #player = /** @type {Player} */ (byId('player'));
  #publisher = /** @type {Publisher} */ (byId('publisher'));
  #stage = byId('stage');
  #flow;
  #facing = /** @type {'environment' | 'user'} */ ('environment');
  #off = { audio: false, video: false };
  /** The call whose settings these are. */
  #call = '';

  /** @param {{client: Client, language: Language, redraw: () => void}} options  `redraw` is called when something changed */
  constructor({ client, language, redraw }) {
    this.#client = client;
    this.#language = language;
    this.#redraw = redraw;
    this.#flow = new Flow({ client, player: this.#player, publisher: this.#publisher });
    this.#wire();
    client.on('call.accept', () => timeFirstPicture(this.#player));
  }

  /**
   * Sends and plays while there is a call, and shows how it goes.
   *
   * @param {CallView | null} call  null when this page has none
   * @param {{media: 'video' | 'audio', facing: 'environment' | 'user', time: string}} more
   *   what the camera check has found, and how long the call has lasted
   */
  draw(call, { media, facing, time }) {
    if (call && call.id !== this.#call) this.#begin(call, media, facing);
    const { streams, connection } = this.#client.state;
    this.#flow.use(call ? streams : null);
    showPublish(call ? streams : null);
    if (!call) {
      this.#end();
      return;
    }
    this.#drawWho(call, time);
    this.#drawNotice(noticeOf(call, connection.status, { sending: this.#publisher.status, playing: this.#player.status }));
    this.#drawPictures();
    this.#drawButtons();
  }

  /**
   * @param {CallView} call
   * @param {'video' | 'audio'} media
   * @param {'environment' | 'user'} facing
   */
  #begin(call, media, facing) {
    this.#call = call.id;
    this.#off = { audio: false, video: call.media === 'audio' || media === 'audio' };
    this.#stage.dataset.large = this.#off.video ? 'far' : 'near';
    byId('proposal').hidden = true;
    for (const kind of /** @type {const} */ (['audio', 'video'])) this.#publisher.sends(kind, !this.#off[kind]);
    this.#face(facing);
    this.#publisher.preview().catch(() => {}); // the camera takes its time: publishing says what is wrong
  }

  /** The camera may be on although the streams never came. */
  #end() {
    if (this.#call) this.#publisher.stop();
    this.#call = '';
  }

  /**
   * @param {CallView} call
   * @param {string} time
   */
  #drawWho({ state, legs }, time) {
    const entering = legs.claimant.joined ? 'call.waiting' : 'call.connecting';
    setText('call-state', this.#language.t(state === 'active' ? 'call.active' : entering));
    setText('call-name', legs.adjuster?.name || legs.adjuster?.user || '');
    setText('call-time', time);
  }

  /** @param {import('./notice.js').Notice | null} notice */
  #drawNotice(notice) {
    setText('call-notice', notice ? this.#language.t(notice.word) : '');
    byId('call-notice').dataset.level = notice?.level ?? '';
    byId('call-mute').hidden = !this.#off.audio;
    byId('retry-camera').hidden = notice?.word !== 'notice.refused';
    byId('unmute').hidden = this.#player.status !== 'muted';
  }

  #drawPictures() {
    const { large } = this.#stage.dataset;
    this.#stage.dataset.facing = this.#facing;
    byId('swap').setAttribute('aria-label', this.#language.t(large === 'near' ? 'call.far.large' : 'call.near.large'));
    const sees = this.#player.status === 'playing' || this.#player.status === 'muted' || this.#player.status === 'stalled';
    setText('far-empty', sees ? '' : this.#language.t('call.far.empty'));
    setText('near-empty', this.#off.video ? this.#language.t('call.near.blind') : '');
  }

  #drawButtons() {
    this.#drawSwitch('mute', this.#off.audio);
    this.#drawSwitch('blind', this.#off.video);
    byId('flip').hidden = this.#off.video;
    byId('torch').hidden = this.#off.video || !this.#publisher.canTorch;
    this.#drawSwitch('torch', !this.#publisher.torch);
  }

  #wire() {
    this.#player.addEventListener('status', () => this.#redraw());
    for (const news of ['status', 'devices']) this.#publisher.addEventListener(news, () => this.#redraw());
    this.#client.on('call.profile', ({ leg, call, propose }) => {
      if (leg === call.you && propose === 'audio' && !this.#off.video) byId('proposal').hidden = false;
    });
    onClick('unmute', () => this.#player.start());
    onClick('mute', () => this.#toggle('audio'));
    onClick('blind', () => this.#toggle('video'));
    onClick('flip', () => this.#face(this.#facing === 'user' ? 'environment' : 'user'));
    onClick('torch', () => this.#publisher.setTorch(!this.#publisher.torch).catch(() => {}));
    onClick('swap', () => this.#swap());
    onClick('proposal-yes', () => this.#answerProposal(true));
    onClick('proposal-no', () => this.#answerProposal(false));
  }

  /** @param {boolean} soundOnly */
  #answerProposal(soundOnly) {
    byId('proposal').hidden = true;
    if (soundOnly && !this.#off.video) this.#toggle('video');
  }

  #swap() {
    this.#stage.dataset.large = this.#stage.dataset.large === 'near' ? 'far' : 'near';
    this.#redraw();
  }

  /** @param {'audio' | 'video'} kind */
  #toggle(kind) {
    this.#off[kind] = !this.#off[kind];
    this.#publisher.sends(kind, !this.#off[kind]);
    if (kind === 'video') this.#stage.dataset.large = this.#off.video ? 'far' : 'near';
    this.#redraw();
  }

  /** @param {'environment' | 'user'} facing */
  async #face(facing) {
    this.#facing = facing;
    await this.#publisher.face(facing).catch(() => {});
    this.#redraw();
  }

  /**
   * @param {'mute' | 'blind' | 'torch'} id
   * @param {boolean} off
   */
  #drawSwitch(id, off) {
    const button = byId(id);
    button.dataset.off = String(off);
    const label = /** @type {HTMLElement} */ (button.querySelector('span'));
    const text = this.#language.t(`${id}.${id === 'torch' ? (off ? 'on' : 'off') : (off ? 'off' : 'on')}`);
    if (label.textContent !== text) label.textContent = text;
  }
}
