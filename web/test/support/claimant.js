import { now } from './browser.js';
import { aCall, someStreams } from './calls.js';

/** @import { Page } from 'playwright-core' */
/** @import { CallView, Leg } from '../../sdk/core/wire.js' */
/** @import { PageHub } from './browser.js' */

export const ZHANG = { user: { id: 'zhang', role: 'claimant', name: '张先生' } };

/**
 * A token that nobody has signed, for pages whose hub a test plays.
 *
 * @param {Record<string, string>} [claims]
 */
export function aToken(claims) {
  const payload = JSON.stringify({ sub: 'zhang', role: 'claimant', name: '张先生', ...claims });
  return `e30.${Buffer.from(payload).toString('base64url')}.sig`;
}

/**
 * The claimant's side of a call that both have joined.
 *
 * @param {Partial<CallView>} [more]
 * @param {{here?: Partial<Leg>, there?: Partial<Leg>}} [legs]
 */
export function myCall(more, { here, there } = {}) {
  const since = new Date(Date.now() - 83_000).toISOString();
  return aCall({
    you: 'claimant',
    state: 'active',
    version: 10,
    note: '右前门刮伤',
    created_at: since,
    accepted_at: since,
    active_at: since,
    legs: {
      claimant: { user: 'zhang', name: '张先生', joined: true, link: 'publishing', ...here },
      adjuster: { user: 'li', name: '李工', joined: true, link: 'publishing', ...there },
    },
    ...more,
  });
}

/** A call that waits. */
export function waitingCall() {
  const { legs, ...call } = myCall({ state: 'queued', version: 2, accepted_at: undefined, active_at: undefined });
  return { ...call, legs: { claimant: { ...legs.claimant, joined: false, link: /** @type {const} */ ('up') } } };
}

/**
 * @param {CallView['end']} end
 * @param {Partial<CallView>} [more]
 */
export function endedCall(end, more) {
  return myCall({ state: 'ended', version: 20, ended_at: now(), end, ...more });
}

/**
 * Reads and agrees, tries camera and microphone, and stands before the request.
 *
 * @param {Page} page
 */
export async function prepares(page) {
  await page.click('#agree');
  await page.click('#check-done');
  await page.locator('#send').waitFor();
}

/**
 * Asks for a call about a claim, on a page that may still be anywhere before that.
 *
 * @param {Page} page
 * @param {string} claim
 */
export async function requests(page, claim) {
  await page.locator('#agree, #send').first().waitFor();
  if (await page.isVisible('#agree')) await prepares(page);
  await page.fill('#claim', claim);
  await page.click('#send');
}

/**
 * @typedef {object} Situation  a state of the page, and how it comes about
 * @property {string} path
 * @property {object} welcome
 * @property {(page: Page, hub: PageHub) => Promise<void>} [reach]
 * @property {string} sees  an element that is visible then
 */

const link = `/call/#token=${aToken()}`;
const bound = `/call/#token=${aToken({ claim_no: 'PA2026-0001' })}`;
const soon = new Date(Date.now() + 27_000).toISOString();

/**
 * @param {CallView} call
 * @param {(page: Page, hub: PageHub) => Promise<void>} [then]
 * @returns {Situation}
 */
function inCall(call, then) {
  return {
    path: link,
    welcome: { ...ZHANG, call },
    sees: '#hangup',
    async reach(page, hub) {
      await page.click('#here');
      await hub.agreesTo('call.join', { call });
      hub.pushes('call.streams', { call, streams: someStreams(1) });
      await page.locator('#hangup').waitFor();
      await then?.(page, hub);
    },
  };
}

/**
 * @param {NonNullable<CallView['end']>} end
 * @param {Partial<CallView>} [more]
 * @returns {Situation}
 */
function ended(end, more) {
  return {
    ...inCall(myCall(), async (_, hub) => hub.pushes('call.hangup', { call: endedCall(end, more), ...end })),
    sees: '#ended-title',
  };
}

/** Every state of the page. @type {Record<string, Situation>} */
export const SITUATIONS = {
  'signin': { path: '/call/', welcome: ZHANG, sees: '#signin-dev' },
  'demo': { path: '/call/#demo', welcome: ZHANG, sees: '#demo-call' },
  'consent': { path: bound, welcome: ZHANG, sees: '#agree' },
  'declined': { path: link, welcome: ZHANG, sees: '#reconsider', reach: (page) => page.click('#disagree') },
  'check': { path: link, welcome: ZHANG, sees: '#check-done', reach: (page) => page.click('#agree') },
  'request': { path: link, welcome: ZHANG, sees: '#send', reach: prepares },
  'request-bound': { path: bound, welcome: ZHANG, sees: '#bound-claim', reach: prepares },
  'waiting': {
    path: link,
    welcome: { ...ZHANG, call: waitingCall() },
    sees: '#waiting-position',
    reach: async (_, hub) => {
      await hub.hears('hello');
      hub.pushes('call.queued', { call: waitingCall(), position: 3, wait_ms: 230_000 });
    },
  },
  'waiting-leave': {
    path: link,
    welcome: { ...ZHANG, call: waitingCall() },
    sees: '#stay',
    reach: (page) => page.click('#cancel'),
  },
  'waiting-rings': { path: link, welcome: { ...ZHANG, call: { ...waitingCall(), state: 'ringing' } }, sees: '#cancel' },
  'ringing': {
    path: link,
    welcome: ZHANG,
    sees: '#accept',
    reach: async (page, hub) => {
      await page.locator('#agree').waitFor();
      hub.pushes('call.invite', { call: myCall({ state: 'ringing', version: 1 }), expires_at: soon });
    },
  },
  'call': inCall(myCall()),
  'call-swapped': inCall(myCall(), (page) => page.click('#swap')),
  'call-weak': inCall(myCall({}, { here: { quality: 'weak' } })),
  'call-muted': inCall(myCall({}, { there: { link: 'lost' } }), (page) => page.click('#mute')),
  'call-proposal': inCall(myCall({}, { here: { quality: 'bad' } }), async (_, hub) => {
    const call = myCall({ version: 11 }, { here: { quality: 'bad' } });
    hub.pushes('call.profile', { call, leg: 'claimant', quality: 'bad', profile: someStreams(1).profile, propose: 'audio' });
  }),
  'call-offline': inCall(myCall(), async (_, hub) => {
    hub.up = false;
    await hub.ends(4003, 'internal');
  }),
  'elsewhere': { path: link, welcome: { ...ZHANG, call: myCall() }, sees: '#here' },
  'ended': ended({ reason: 'hangup', by: 'adjuster' }),
  'ended-lost': ended({ reason: 'lost', by: 'claimant' }),
  'ended-no-adjuster': ended({ reason: 'no_adjuster', by: 'hub' }, { active_at: undefined }),
  'closed': {
    path: link,
    welcome: ZHANG,
    sees: '#closed-next',
    reach: async (_, hub) => {
      await hub.hears('hello');
      hub.refusal = 'token_expired';
      await hub.ends(4501, 'token_expired');
    },
  },
};
