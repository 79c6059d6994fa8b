import timers from 'node:timers';
import WebSocket from 'ws';
import { Client } from '../../../sdk/index.js';
import { Push } from './push.js';
import { until } from './until.js';

/** Its own: it goes on while the phone sleeps. */
const clock = { now: Date.now, setTimeout: timers.setTimeout, clearTimeout: timers.clearTimeout };

/** An adjuster at work, by the SDK alone, with a camera that publishes by RTMP. */
export class Adjuster {
  /** @type {Push | null} */
  #push = null;

  /**
   * @param {string} origin  of the server
   * @param {string} sub
   */
  constructor(origin, sub) {
    const platform = { socket: nodeSocket, watch: () => () => {} };
    const url = `${origin.replace(/^http/, 'ws')}/ws`;
    this.client = new Client({ url, token: () => devToken(origin, sub), platform, clock });
  }

  /** @param {string} origin  @param {string} sub */
  static async ready(origin, sub) {
    const adjuster = new Adjuster(origin, sub);
    adjuster.client.connect();
    await until('the adjuster is online', () => adjuster.client.state.connection.status === 'online');
    await adjuster.client.setAvailability('available');
    return adjuster;
  }

  get call() {
    return this.client.state.call;
  }

  get streams() {
    return this.client.state.streams;
  }

  /** @param {string} claim */
  async accepts(claim) {
    const { call } = await until(`the call for ${claim} rings`, () => this.client.state.invites.find((invite) => invite.call.claim_no === claim));
    await this.client.accept(call.id);
    return call;
  }

  async joins() {
    const { id } = await until('the call is accepted', () => this.call);
    await this.client.join(id);
  }

  /** Sends picture and sound to the newest address. */
  async films() {
    const streams = await until('there are streams', () => this.streams);
    await this.#push?.stop();
    const rtmp = streams.push.find(({ protocol }) => protocol === 'rtmp');
    if (!rtmp) throw new Error('no address to push to by RTMP');
    this.#push = new Push(rtmp.url);
  }

  /** @param {string} link */
  seesClaimant(link) {
    return until(`the adjuster sees the claimant as ${link}`, () => this.call?.legs.claimant.link === link);
  }

  async ends() {
    await this.#push?.stop();
    this.client.close();
  }
}

/**
 * @param {string} origin
 * @param {string} sub
 */
async function devToken(origin, sub) {
  const response = await fetch(`${origin}/api/v1/login/dev`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ role: 'adjuster', sub, name: '李工' }),
  });
  return (await response.json()).token;
}

/** @type {import('../../../sdk/core/platform.js').SocketFactory} */
function nodeSocket(url, events) {
  const ws = new WebSocket(url, 'claimcall.v1', { origin: url.replace(/^ws/, 'http').replace(/\/ws$/, '') });
  ws.on('open', () => events.open());
  ws.on('message', (data) => events.message(String(data)));
  ws.on('error', () => {}); // close follows
  ws.on('close', (code, reason) => events.close(code, String(reason)));
  return { send: (text) => ws.send(text), close: () => ws.close(1000) };
}
