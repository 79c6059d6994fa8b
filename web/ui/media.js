import '../sdk/player.js';
import '../sdk/publisher.js';
import { byId, onClick, setText } from './dom.js';
import { showPublish } from './publish.js';

/** @import { Client } from '../sdk/client.js' */
/** @import { Player } from '../sdk/player.js' */
/** @import { Publisher } from '../sdk/publisher.js' */
/** @import { RefreshWhy, Streams } from '../sdk/wire.js' */
/** @import { Language } from './language.js' */

/** Between two reports of how the streams get across. */
const REPORT_MS = 3_000;

/** Picture and sound of a call: sends this side, plays the other, and asks for new addresses when either breaks. */
export class Media {
  #client;
  #language;
  #redraw;
  #player = /** @type {Player} */ (byId('player'));
  #publisher = /** @type {Publisher} */ (byId('publisher'));
  /** @type {Streams | null} */
  #streams = null;
  #facing = /** @type {'environment' | 'user'} */ ('environment');
  /** Troubles with playing since it last played. */
  #troubles = 0;
  #reports = 0;

  /**
   * @param {{client: Client, language: Language, facing: 'environment' | 'user', redraw: () => void}} options
   *   `facing` is the camera that this page begins with; `redraw` is called when something changed
   */
  constructor({ client, language, facing, redraw }) {
    this.#client = client;
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
    if (streams !== this.#streams) this.#use(streams);
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

  /** @param {Streams | null} streams */
  #use(streams) {
    this.#streams = streams;
    if (!streams) {
      this.#player.stop();
      this.#publisher.stop();
      this.#troubles = 0;
      clearInterval(this.#reports);
      this.#reports = 0;
      return;
    }
    this.#reports ||= setInterval(() => this.#report(), REPORT_MS);
    this.#player.play(streams.play);
    this.#publisher.publish(streams.push, streams.profile);
  }

  #wire() {
    this.#player.addEventListener('status', ({ target }) => {
      if (/** @type {Player} */ (target).status === 'playing') this.#troubles = 0;
      this.#redraw();
    });
    this.#publisher.addEventListener('status', () => this.#redraw());
    this.#publisher.addEventListener('trouble', (event) => {
      this.#refresh(/** @type {CustomEvent<'network' | 'failed'>} */ (event).detail);
    });
    this.#player.addEventListener('trouble', () => this.#cannotPlay());
    onClick('unmute', () => this.#player.unmute());
    onClick('mute', () => this.#toggle('mute', 'audio'));
    onClick('blind', () => this.#toggle('blind', 'video'));
    onClick('flip', () => this.#face(this.#facing === 'user' ? 'environment' : 'user'));
  }

  /** Only what the other side sends can be missed. Addresses that fail twice are the service's fault. */
  #cannotPlay() {
    const { call } = this.#client.state;
    if (!call) return;
    const other = call.you === 'claimant' ? call.legs.adjuster : call.legs.claimant;
    if (other?.link !== 'publishing' && other?.link !== 'background') return;
    this.#troubles += 1;
    this.#refresh(this.#troubles > 1 ? 'failed' : 'play_failed');
  }

  async #report() {
    const [push, play] = await Promise.all([this.#publisher.measure(), this.#player.measure()]);
    const { call } = this.#client.state;
    if (call?.state !== 'active' || !(push || play)) return;
    await this.#client.reportStreams(call.id, { push: push ?? undefined, play: play ?? undefined }).catch(() => {});
  }

  /**
   * While the hub is not there either, it is the network that failed, and all will be told afresh.
   *
   * @param {RefreshWhy} why
   */
  #refresh(why) {
    const { call, connection } = this.#client.state;
    if (connection.status !== 'online') return;
    if (call?.state === 'active') this.#client.refreshStreams(call.id, why).catch(() => {});
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
