import { counts, measured } from './measure.js';

/**
 * WebRTC by WHIP (to send) and WHEP (to receive): an offer is posted to an address, the answer
 * comes back, and a DELETE on the session's own address ends it.
 */

/** How long the answer may take, and then the connection. */
const CONNECT_MS = 8_000;
/** A connection that is interrupted for so long is given up; its address has a newer one then. */
const INTERRUPTED_MS = 4_000;

/** The media service said no, or could not be reached. */
export class ExchangeError extends Error {
  /** @param {number} status  of HTTP; 0 if nobody answered */
  constructor(status) {
    super(`media service answered ${status}`);
    this.name = 'ExchangeError';
    this.status = status;
  }
}

/** One connection, in use until `close` or until it breaks. */
export class MediaSession {
  #pc;
  #url;
  /** @type {string | null} */
  #resource = null;
  #abort = new AbortController();
  #timer = 0;
  #open = true;
  #onEnd;
  /** @type {import('./measure.js').Counts | null} */
  #counted = null;

  /**
   * @param {string} url  signed address to post the offer to
   * @param {() => void} onEnd  called once if a connection that stood is gone; not after `close`
   */
  constructor(url, onEnd) {
    this.#url = url;
    this.#onEnd = onEnd;
    this.#pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  }

  /** The connection: add transceivers to it before `start`. */
  get pc() {
    return this.#pc;
  }

  /**
   * Offers what was added, and returns once media can flow. Throws an ExchangeError.
   *
   * The answer names the relays for networks that let nothing else through, and the connection looks for its ways only
   * after `setLocalDescription`: so that comes last. Media services don't need to know the ways beforehand.
   */
  async start() {
    this.#timer = setTimeout(() => this.#abort.abort(), CONNECT_MS);
    try {
      const offer = await this.#pc.createOffer();
      const { sdp, iceServers } = await this.#exchange(offer.sdp ?? '');
      if (iceServers.length > 0) this.#pc.setConfiguration({ ...this.#pc.getConfiguration(), iceServers });
      await this.#pc.setLocalDescription(offer);
      await this.#pc.setRemoteDescription({ type: 'answer', sdp });
      await this.#connected();
    } catch (error) {
      this.close();
      throw error instanceof ExchangeError ? error : new ExchangeError(0);
    } finally {
      clearTimeout(this.#timer);
    }
    this.#pc.onconnectionstatechange = () => this.#watch();
    const transport = this.#transport();
    if (transport) transport.onstatechange = () => this.#watch();
  }

  /** How well media got across since the last time this was asked; null at first. */
  async measure() {
    const before = this.#counted;
    this.#counted = this.#open ? counts(await this.#pc.getStats(), performance.now()) : null;
    return measured(before, this.#counted);
  }

  /** Ends the connection and tells the media service, as far as it can be reached. */
  close() {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#pc.onconnectionstatechange = null;
    this.#pc.close();
    if (this.#resource) fetch(this.#resource, { method: 'DELETE', keepalive: true }).catch(() => {});
  }

  /** @param {string} offer */
  async #exchange(offer) {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: offer,
      signal: this.#abort.signal,
    });
    if (response.status !== 201) throw new ExchangeError(response.status);
    const location = response.headers.get('Location');
    if (location) this.#resource = new URL(location, response.url).href;
    const sdp = await response.text();
    if (this.#abort.signal.aborted) throw new ExchangeError(0);
    return { sdp, iceServers: iceServers(response.headers.get('Link') ?? '') };
  }

  #connected() {
    const { signal } = this.#abort;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new ExchangeError(0)));
      this.#pc.onconnectionstatechange = () => {
        if (this.#pc.connectionState === 'connected') resolve(undefined);
        if (this.#pc.connectionState === 'failed') reject(new ExchangeError(0));
      };
      this.#pc.onconnectionstatechange(new Event('connectionstatechange'));
    });
  }

  /** What all tracks share. */
  #transport() {
    const [first] = this.#pc.getTransceivers();
    return first?.sender.transport ?? null;
  }

  /** A media service that closes says so, and browsers show that here alone; the connection would look good for seconds. */
  #watch() {
    clearTimeout(this.#timer);
    const { connectionState } = this.#pc;
    if (this.#transport()?.state === 'closed') this.#end();
    else if (connectionState === 'disconnected') this.#timer = setTimeout(() => this.#end(), INTERRUPTED_MS);
    if (connectionState === 'failed' || connectionState === 'closed') this.#end();
  }

  #end() {
    if (!this.#open) return;
    this.close();
    this.#onEnd();
  }
}

/**
 * The servers that a Link header names, as RFC 9725 has it.
 *
 * @param {string} links
 * @returns {RTCIceServer[]}
 */
export function iceServers(links) {
  const servers = [];
  for (const [, urls, rest] of links.matchAll(/<([^>]*)>((?:\s*;\s*[\w-]+="[^"]*")*)/g)) {
    const parameters = Object.fromEntries([...rest.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
    if (parameters.rel !== 'ice-server') continue;
    const { username, credential } = parameters;
    servers.push(username ? { urls, username, credential } : { urls });
  }
  return servers;
}
