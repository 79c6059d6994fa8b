/** What the console's tabs in one browser tell each other. @typedef {{type: 'answering' | 'failed', call: string}} Note */

/**
 * The other tabs of this browser. The hub tells every tab what becomes of a call; this is only faster:
 * the moment one tab answers, the others are quiet, before the hub has said a word.
 */
export class Tabs {
  #channel = new BroadcastChannel('claimcall.console');
  /** Calls that some tab is answering. @type {Set<string>} */
  #answering = new Set();

  /** @param {() => void} changed */
  constructor(changed) {
    this.#channel.addEventListener('message', ({ data }) => {
      this.#take(data);
      changed();
    });
  }

  /** @param {string} call */
  isAnswering(call) {
    return this.#answering.has(call);
  }

  /**
   * This tab accepts or declines that call.
   *
   * @param {string} call
   */
  answering(call) {
    this.#tell({ type: 'answering', call });
  }

  /**
   * It could not; the others may ring again if the hub still lets them.
   *
   * @param {string} call
   */
  failed(call) {
    this.#tell({ type: 'failed', call });
  }

  /** @param {Note} note */
  #tell(note) {
    this.#take(note);
    this.#channel.postMessage(note);
  }

  /** @param {Note} note */
  #take({ type, call }) {
    if (type === 'answering') this.#answering.add(call);
    else this.#answering.delete(call);
  }
}
