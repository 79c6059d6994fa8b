/** @import { Client } from '../sdk/core/client.js' */
/** @import { Player } from '../sdk/player.js' */
/** @import { Publisher } from '../sdk/publisher.js' */
/** @import { RefreshWhy, Streams } from '../sdk/core/wire.js' */

/** Between two reports of how the streams get across. */
const REPORT_MS = 3_000;

/**
 * Keeps picture and sound of a call flowing: sends this side, plays the other, reports how both
 * get across, and asks for new addresses when either breaks.
 */
export class Flow {
  #client;
  #player;
  #publisher;
  /** @type {Streams | null} */
  #streams = null;
  /** Troubles with playing since it last played. */
  #troubles = 0;
  #reports = 0;

  /** @param {{client: Client, player: Player, publisher: Publisher}} parts */
  constructor({ client, player, publisher }) {
    this.#client = client;
    this.#player = player;
    this.#publisher = publisher;
    player.addEventListener('status', () => {
      if (player.status === 'playing') this.#troubles = 0;
    });
    player.addEventListener('trouble', () => this.#cannotPlay());
    publisher.addEventListener('trouble', (event) => {
      this.#refresh(/** @type {CustomEvent<'network' | 'failed'>} */ (event).detail);
    });
  }

  /**
   * Sends and plays, or neither. The same streams again change nothing.
   *
   * @param {Streams | null} streams
   */
  use(streams) {
    if (streams === this.#streams) return;
    this.#streams = streams;
    if (!streams) {
      this.#end();
      return;
    }
    this.#reports ||= setInterval(() => this.#report(), REPORT_MS);
    this.#player.play(streams.play);
    this.#publisher.publish(streams.push, streams.profile);
  }

  #end() {
    this.#player.stop();
    this.#publisher.stop();
    this.#troubles = 0;
    clearInterval(this.#reports);
    this.#reports = 0;
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
}
