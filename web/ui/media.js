import '../sdk/player.js';
import '../sdk/publisher.js';
import { byId, onClick, setText } from './dom.js';
import { Flow } from './flow.js';
import { showPublish } from './publish.js';

/** @import { Client } from '../sdk/client.js' */
/** @import { Player } from '../sdk/player.js' */
/** @import { Publisher } from '../sdk/publisher.js' */
/** @import { Streams } from '../sdk/wire.js' */
/** @import { Language } from './language.js' */

/** Picture and sound of a call, with their buttons and words. */
export class Media {
  #language;
  #redraw;
  #player = /** @type {Player} */ (byId('player'));
  #publisher = /** @type {Publisher} */ (byId('publisher'));
  #flow;
  #facing = /** @type {'environment' | 'user'} */ ('environment');

  /**
   * @param {{client: Client, language: Language, facing: 'environment' | 'user', redraw: () => void}} options
   *   `facing` is the camera that this page begins with; `redraw` is called when something changed
   */
  constructor({ client, language, facing, redraw }) {
    this.#flow = new Flow({ client, player: this.#player, publisher: this.#publisher });
    this.#language = language;
    this.#redraw = redraw;
    this.#face(facing);
    this.#wire();
  }

  /**
   * Sends and plays, or neither.
   *
   * @param {Streams | null} streams
   * @param {string} before  what to say while there are no streams
   */
  draw(streams, before) {
    this.#flow.use(streams);
    const { status } = this.#player;
    setText('player-status', streams ? this.#language.t(`player.${status}`) : before);
    byId('unmute').hidden = status !== 'muted';
    const sending = this.#publisher.status;
    const word = `publisher.${sending}`;
    setText('publisher-status', this.#language.t(word));
    byId('devices').hidden = this.#publisher.media === null;
    byId('self').hidden = sending === 'stopped';
    this.#drawSwitch('mute', 'microphone');
    this.#drawSwitch('blind', 'camera');
    showPublish(streams);
  }

  #wire() {
    this.#player.addEventListener('status', () => this.#redraw());
    this.#publisher.addEventListener('status', () => this.#redraw());
    onClick('unmute', () => this.#player.unmute());
    onClick('mute', () => this.#toggle('mute', 'audio'));
    onClick('blind', () => this.#toggle('blind', 'video'));
    onClick('flip', () => this.#face(this.#facing === 'user' ? 'environment' : 'user'));
  }

  /**
   * @param {string} id
   * @param {'audio' | 'video'} kind
   */
  #toggle(id, kind) {
    const off = byId(id).getAttribute('aria-pressed') === 'true';
    byId(id).setAttribute('aria-pressed', String(!off));
    this.#publisher.sends(kind, off);
    this.#redraw();
  }

  /** @param {'environment' | 'user'} facing */
  #face(facing) {
    this.#facing = facing;
    this.#publisher.face(facing).catch(() => {});
  }

  /**
   * @param {string} id
   * @param {string} word
   */
  #drawSwitch(id, word) {
    const off = byId(id).getAttribute('aria-pressed') === 'true';
    byId(id).textContent = this.#language.t(`${word}.${off ? 'on' : 'off'}`);
  }
}
