import '../sdk/player.js';
import '../sdk/publisher.js';
import { byId, onClick, setText } from '../ui/dom.js';
import { Flow } from '../ui/flow.js';
import { showPublish } from '../ui/publish.js';

/** @import { Client } from '../sdk/core/client.js' */
/** @import { Player } from '../sdk/player.js' */
/** @import { Publisher } from '../sdk/publisher.js' */
/** @import { Streams } from '../sdk/core/wire.js' */
/** @import { Language } from '../ui/language.js' */

const KINDS = /** @type {const} */ ({ audioinput: 'audio', videoinput: 'video' });

/** Picture and sound of a call, with their buttons and words. */
export class Media {
  #language;
  #redraw;
  #player = /** @type {Player} */ (byId('player'));
  #publisher = /** @type {Publisher} */ (byId('publisher'));
  #flow;
  /** @type {Streams | null} */
  #streams = null;

  /** @param {{client: Client, language: Language, redraw: () => void}} options  `redraw` is called when something changed */
  constructor({ client, language, redraw }) {
    this.#flow = new Flow({ client, player: this.#player, publisher: this.#publisher });
    this.#language = language;
    this.#redraw = redraw;
    this.#publisher.face('user').catch(() => {}); // where cameras have a direction
    this.#wire();
  }

  /**
   * Sends and plays, or neither.
   *
   * @param {Streams | null} streams
   * @param {string} before  what to say while there are no streams
   * @param {string} trouble  what to say when the picture stopped
   */
  draw(streams, before, trouble) {
    this.#streams = streams;
    this.#flow.use(streams);
    if (!streams) this.#sendBoth();
    const { status } = this.#player;
    const told = status === 'stalled' ? trouble : this.#language.t(`player.${status}`);
    setText('player-status', streams ? told : before);
    byId('unmute').hidden = status !== 'muted';
    const sending = this.#publisher.status;
    const word = `publisher.${sending}`;
    setText('publisher-status', this.#language.t(word));
    for (const id of ['mute', 'blind']) /** @type {HTMLButtonElement} */ (byId(id)).disabled = this.#publisher.media === null;
    byId('self').hidden = sending === 'stopped';
    this.#drawSwitch('mute', 'microphone');
    this.#drawSwitch('blind', 'camera');
    showPublish(streams);
  }

  /** The element that plays the other side. */
  get player() {
    return this.#player;
  }

  /** How sending goes. */
  get sending() {
    return this.#publisher.status;
  }

  /**
   * The device that is used now; empty if none is, or the usual one.
   *
   * @param {MediaDeviceKind} kind
   */
  deviceInUse(kind) {
    return kind === 'audiooutput' ? this.#player.output : this.#publisher.device(KINDS[kind]);
  }

  /**
   * Goes on with another device; the one before stays if that fails.
   *
   * @param {MediaDeviceKind} kind
   * @param {string} id
   */
  async useDevice(kind, id) {
    if (kind === 'audiooutput') await this.#player.useOutput(id);
    else await this.#publisher.use(KINDS[kind], id);
  }

  #wire() {
    for (const name of ['status', 'view']) this.#player.addEventListener(name, () => this.#redraw());
    for (const name of ['status', 'devices']) this.#publisher.addEventListener(name, () => this.#redraw());
    this.#publisher.addEventListener('status', () => this.#soundAlone());
    onClick('unmute', () => this.#player.start());
    onClick('mute', () => this.#toggle('mute', 'audio'));
    onClick('blind', () => this.#toggle('blind', 'video'));
  }

  /**
   * @param {'mute' | 'blind'} id
   * @param {'audio' | 'video'} kind
   */
  #toggle(id, kind) {
    const on = !this.#publisher.sending(kind);
    byId(id).setAttribute('aria-pressed', String(!on));
    this.#publisher.sends(kind, on);
    this.#redraw();
  }

  /** Whoever refused the camera may still have a microphone to give. */
  #soundAlone() {
    if (this.#publisher.status !== 'refused' || !this.#publisher.sending('video') || !this.#streams) return;
    this.#toggle('blind', 'video');
    this.#publisher.stop();
    this.#publisher.publish(this.#streams.push, this.#streams.profile);
  }

  /** Every call begins with sound and picture: nobody should talk to a claimant who hears nothing. */
  #sendBoth() {
    if (!this.#publisher.sending('audio')) this.#toggle('mute', 'audio');
    if (!this.#publisher.sending('video')) this.#toggle('blind', 'video');
  }

  /**
   * @param {string} id
   * @param {string} word
   */
  #drawSwitch(id, word) {
    const off = byId(id).getAttribute('aria-pressed') === 'true';
    const label = byId(id).querySelector('[data-word]') ?? byId(id);
    const text = this.#language.t(`${word}.${off ? 'on' : 'off'}`);
    if (label.textContent !== text) label.textContent = text;
  }
}
