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
   * @param {string} [trouble]  what to say when the picture stopped, if the page knows better than the player
   */
  draw(streams, before, trouble) {
    this.#flow.use(streams);
    const { status } = this.#player;
    const told = status === 'stalled' && trouble ? trouble : this.#language.t(`player.${status}`);
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
   * The device that is used now; empty if none is or the browser does not tell.
   *
   * @param {MediaDeviceKind} kind
   */
  deviceInUse(kind) {
    if (kind === 'audiooutput') return this.#player.video.sinkId || 'default';
    const tracks = this.#publisher.media?.getTracks() ?? [];
    const track = tracks.find((it) => `${it.kind}input` === kind);
    return track?.getSettings().deviceId ?? '';
  }

  /**
   * @param {MediaDeviceKind} kind
   * @param {string} id
   */
  async useDevice(kind, id) {
    if (kind === 'audiooutput') await this.#player.video.setSinkId(id);
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
    const label = byId(id).querySelector('[data-word]') ?? byId(id);
    const text = this.#language.t(`${word}.${off ? 'on' : 'off'}`);
    if (label.textContent !== text) label.textContent = text;
  }
}
