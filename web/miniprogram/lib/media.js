import { playerMove, STUMBLES } from './player.js';
import { pusherMove } from './pusher.js';
import { Report } from './report.js';
import { playerAttributes, pusherAttributes } from './streams.js';

/** @import { Client } from '../sdk/core/client.js' */
/** @import { State } from '../sdk/core/state.js' */
/** @import { CallView, RefreshWhy, Streams } from '../sdk/core/wire.js' */

/** Between two reports of how the streams get across. */
const REPORT_MS = 3_000;
/** After a hub that could not answer, before asking it again. */
const AGAIN_MS = 2_000;

/**
 * live-pusher or live-player, of which only this much is needed. Each ends when WeChat has done it, or could not.
 *
 * @typedef {{start: () => Promise<boolean>, stop: () => Promise<boolean>}} Device
 *
 * What the page shows of the media.
 *
 * @typedef {object} MediaView
 * @property {ReturnType<typeof pusherAttributes> | null} push
 * @property {ReturnType<typeof playerAttributes>} play
 * @property {number} generation  of the streams that `push` and `play` are of
 * @property {'idle' | 'starting' | 'pushing' | 'weak' | 'retrying' | 'interrupted' | 'denied' | 'broken'} pushing
 * @property {'waiting' | 'playing' | 'weak' | 'retrying'} playing
 * @property {'' | 'camera' | 'microphone'} denied  what is not allowed
 * @property {boolean} camera  whether the own picture is sent
 * @property {boolean} propose  whether to ask for going on with sound alone
 */

/** @type {MediaView} */
const NOTHING = {
  push: null,
  play: null,
  generation: 0,
  pushing: 'idle',
  playing: 'waiting',
  denied: '',
  camera: true,
  propose: false,
};

/**
 * Picture and sound of a call on a phone: binds live-pusher and live-player to the newest streams, and finds the way back
 * when either breaks. A generation is pushed once: after a break the hub hands out a new one, so that the phone never meets
 * what is left of its own lost connection.
 */
export class Media {
  #client;
  #pusher;
  #player;
  #apply;
  #report = new Report();
  #view = NOTHING;
  /** @type {Streams | null} */
  #streams = null;
  /** What WeChat says counts only between the start of a generation and the end of it. */
  #live = { push: false, play: false };
  /** Troubles since it last worked; the second in a row is the media service's fault. */
  #troubles = { push: 0, play: 0 };
  /** Which of the play addresses is open. */
  #attempt = 0;
  #stumbles = 0;
  /** All addresses were tried before the other side sent anything. */
  #starved = false;
  #asking = false;
  /** New addresses are wanted as soon as the hub is there again. */
  #owed = false;
  #resumed = false;
  /** @type {(() => void)[]} */
  #off;
  /** @type {any} */
  #reports;
  /** @type {any} */
  #again = 0;

  /**
   * @param {{client: Client, pusher: Device, player: Device, apply: (view: MediaView) => Promise<void>}} parts
   *   `apply` shows the view; it ends when the components have their attributes
   */
  constructor({ client, pusher, player, apply }) {
    this.#client = client;
    this.#pusher = pusher;
    this.#player = player;
    this.#apply = apply;
    this.#reports = setInterval(() => this.#send(), REPORT_MS);
    this.#off = [
      client.on('state', (state) => this.#follow(state)),
      client.on('welcome', ({ resumed }) => {
        this.#resumed = resumed;
      }),
      client.on('connection', ({ status }) => {
        if (status === 'online') this.#online();
      }),
      client.on('call.profile', (event) => this.#judged(event)),
    ];
    this.#show({ camera: client.state.call?.media !== 'audio' });
    this.#follow(client.state);
  }

  get view() {
    return this.#view;
  }

  /** Stops everything, for good. */
  async end() {
    for (const off of this.#off) off();
    clearInterval(this.#reports);
    clearTimeout(this.#again);
    this.#live = { push: false, play: false };
    this.#streams = null;
    await Promise.all([this.#pusher.stop(), this.#player.stop()]);
  }

  /** @param {number} code  of live-pusher */
  pusherSaid(code) {
    if (!this.#live.push) return;
    this.#report.said('push', code);
    const { does } = pusherMove(code);
    switch (does) {
      case 'pushing':
        this.#troubles.push = 0;
        this.#show({ pushing: 'pushing', denied: '' });
        break;
      case 'weak':
      case 'retrying':
      case 'interrupted':
        this.#show({ pushing: does });
        break;
      case 'denied':
        this.#show({ pushing: 'denied', denied: code === 10001 ? 'camera' : 'microphone' });
        break;
      case 'broken':
        this.#show({ pushing: 'broken' });
        if (this.#troubles.push === 0) this.#pushBroke();
        break;
      case 'fresh':
        this.#show({ pushing: 'retrying' });
        this.#pushBroke();
        break;
    }
  }

  /** @param {number} code  of live-player */
  playerSaid(code) {
    if (!this.#live.play) return;
    this.#report.said('play', code);
    const { does } = playerMove(code);
    switch (does) {
      case 'playing':
        this.#troubles.play = 0;
        this.#stumbles = 0;
        this.#show({ playing: 'playing' });
        break;
      case 'weak':
      case 'retrying':
        this.#show({ playing: does });
        break;
      case 'stumbled':
        this.#stumbles += 1;
        if (this.#stumbles >= STUMBLES) this.#playBroke();
        break;
      case 'gone':
        this.#playBroke();
        break;
    }
  }

  /**
   * @param {'push' | 'play'} side
   * @param {import('./report.js').NetStatus} info
   */
  measured(side, info) {
    if (!this.#live[side]) return;
    this.#report.measured(side, info);
    // What WeChat measures again after a poor moment is fine again.
    if (side === 'push' && this.#view.pushing === 'weak' && Number(info.netQualityLevel) < 3) this.#show({ pushing: 'pushing' });
    if (side === 'play' && this.#view.playing === 'weak' && Number(info.videoFPS) > 5) this.#show({ playing: 'playing' });
  }

  /**
   * The phone was busy with something else: in the background, with a phone call, or on its way to another network. What still
   * arrives at the hub is left alone.
   *
   * @param {boolean} moved  to another network: no connection has survived that
   */
  back(moved) {
    if (!this.#streams) return;
    if (moved || this.#view.pushing === 'interrupted' || !this.#arrives()) this.#ask('network');
  }

  /** Camera and microphone were allowed after all, in the settings: start again with what is there. */
  allowed() {
    this.#show({ pushing: 'starting', denied: '' });
    this.#ask('push_failed');
  }

  /**
   * Whether the own picture is sent along with the sound. Also the answer to the question for sound alone.
   *
   * @param {boolean} on
   */
  camera(on) {
    this.#show({ camera: on, propose: false });
  }

  /** @param {State} state */
  #follow({ call, streams }) {
    const active = call?.state === 'active' ? streams : null;
    if (active?.generation !== this.#streams?.generation) this.#use(active);
    else if (active && active !== this.#streams) this.#adjust(active);
    if (this.#starved && this.#otherArrives()) this.#playAgain();
  }

  /**
   * The order matters: what is on must be off before it gets another address, or WeChat goes on with the old one.
   *
   * @param {Streams | null} streams
   */
  async #use(streams) {
    this.#streams = streams;
    this.#live = { push: false, play: false };
    this.#attempt = 0;
    this.#stumbles = 0;
    this.#starved = false;
    await Promise.all([this.#pusher.stop(), this.#player.stop()]);
    if (streams !== this.#streams) return;
    if (!streams) {
      this.#show({ ...NOTHING, camera: this.#view.camera });
      return;
    }
    const push = pusherAttributes(streams);
    const play = playerAttributes(streams, 0);
    await this.#show({ push, play, generation: streams.generation, pushing: 'starting', playing: 'waiting' });
    if (streams.generation !== this.#streams?.generation) return;
    this.#live = { push: true, play: true };
    const [pushes, plays] = await Promise.all([this.#pusher.start(), play ? this.#player.start() : false]);
    if (streams.generation !== this.#streams?.generation) return;
    if (!pushes && !this.#view.denied) this.#pushBroke();
    if (!plays) this.#playBroke();
  }

  /**
   * The same streams with another profile: live-pusher takes that while it runs.
   *
   * @param {Streams} streams
   */
  #adjust(streams) {
    this.#streams = streams;
    if (this.#view.push) this.#show({ push: pusherAttributes(streams) });
  }

  #pushBroke() {
    this.#troubles.push += 1;
    this.#ask(this.#troubles.push > 1 ? 'failed' : 'push_failed');
  }

  /** The next address of the list; after the last one, new addresses. Only what the other side sends can be missed. */
  #playBroke() {
    if (!this.#streams) return;
    this.#stumbles = 0;
    this.#show({ playing: 'retrying' });
    if (playerAttributes(this.#streams, this.#attempt + 1)) {
      this.#attempt += 1;
      this.#play();
      return;
    }
    if (!this.#otherArrives()) {
      this.#starved = true;
      this.#show({ playing: 'waiting' });
      return;
    }
    this.#troubles.play += 1;
    this.#ask(this.#troubles.play > 1 ? 'failed' : 'play_failed');
  }

  #playAgain() {
    this.#starved = false;
    this.#attempt = 0;
    this.#play();
  }

  async #play() {
    const streams = this.#streams;
    this.#live.play = false;
    await this.#player.stop();
    if (!streams || streams.generation !== this.#streams?.generation) return;
    await this.#show({ play: playerAttributes(streams, this.#attempt) });
    if (streams.generation !== this.#streams?.generation) return;
    this.#live.play = true;
    await this.#player.start();
  }

  /**
   * Asks for new addresses. While the hub is out of reach, it is the network that failed; then later.
   *
   * @param {RefreshWhy} why
   */
  async #ask(why) {
    const { call, connection } = this.#client.state;
    if (call?.state !== 'active' || this.#asking) return;
    if (connection.status !== 'online') {
      this.#owed = true;
      return;
    }
    const generation = this.#streams?.generation;
    this.#asking = true;
    const refused = await this.#client.refreshStreams(call.id, why).then(() => null, (error) => error);
    this.#asking = false;
    if (!refused?.retry || generation !== this.#streams?.generation) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#ask(why), AGAIN_MS);
  }

  /** A session that could not be resumed joins again, and that brings new streams anyway. */
  #online() {
    const owed = this.#owed;
    this.#owed = false;
    if (this.#resumed && this.#streams && (owed || !this.#arrives())) this.#ask('network');
  }

  /** @param {{call: CallView, leg: string, quality: string, propose?: string}} event */
  #judged({ call, leg, quality, propose }) {
    if (leg !== call.you) return;
    if (propose === 'audio' && this.#view.camera) this.#show({ propose: true });
    if (quality === 'good') this.#show({ propose: false });
  }

  /** Whether the hub gets the own stream. */
  #arrives() {
    const { call } = this.#client.state;
    const link = call && call.legs[call.you]?.link;
    return link === 'publishing' || link === 'background';
  }

  #otherArrives() {
    const { call } = this.#client.state;
    const link = call?.legs.adjuster?.link;
    return link === 'publishing' || link === 'background';
  }

  #send() {
    const { call } = this.#client.state;
    if (call?.state !== 'active') return;
    const sides = this.#report.take();
    if (sides) this.#client.reportStreams(call.id, sides).catch(() => {});
  }

  /** @param {Partial<MediaView>} change */
  #show(change) {
    this.#view = { ...this.#view, ...change };
    return this.#apply(this.#view);
  }
}
