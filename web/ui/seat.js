/** @import { Client } from '../sdk/core/client.js' */
/** @import { CallView } from '../sdk/core/wire.js' */

/**
 * Whether this page is the one that takes part in the person's call. It joins the call that was
 * reserved here as soon as that is possible, takes it back after a reload, and gives way when
 * another device of the same person joins.
 */
export class Seat {
  #client;
  #memory;
  /** @type {string | null} */
  #call;
  #joining = false;
  /** A call.joined of our own is still to come. */
  #expected = false;

  /**
   * @param {Client} client
   * @param {{recall: (name: string) => string | null, remember: (name: string, value: string) => void}} memory
   */
  constructor(client, memory) {
    this.#client = client;
    this.#memory = memory;
    this.#call = memory.recall('seat') || null;
    client.on('welcome', ({ call, resumed, streams }) => {
      if (!call || !this.holds(call)) return;
      const joined = ownLeg(call)?.joined;
      if (joined && !resumed) this.#join(call);
      if (joined && resumed && call.state === 'active' && !streams) this.reserve('');
    });
    client.on('call.joined', ({ call, leg }) => {
      if (!this.holds(call) || leg !== call.you) return;
      if (!this.#expected) this.reserve('');
      this.#expected = false;
    });
    client.on('state', ({ call }) => {
      if (!call || !this.holds(call) || ownLeg(call)?.joined) return;
      if (call.state === 'connecting') this.#join(call);
    });
  }

  /**
   * This page wants to be the one for that call.
   *
   * @param {string} call
   */
  reserve(call) {
    this.#call = call || null;
    this.#memory.remember('seat', call);
  }

  /** @param {CallView} call */
  holds(call) {
    return call.id === this.#call;
  }

  /**
   * Moves the call from another device to this page.
   *
   * @param {CallView} call
   */
  take(call) {
    this.reserve(call.id);
    return this.#join(call);
  }

  /** @param {CallView} call */
  async #join(call) {
    if (this.#joining) return;
    this.#joining = true;
    this.#expected = true;
    try {
      await this.#client.join(call.id);
    } catch {
      // The call is over or was lost; its state says so and draws the page.
    } finally {
      this.#joining = false;
    }
  }
}

/** @param {CallView} call */
function ownLeg(call) {
  return call.legs[call.you];
}
