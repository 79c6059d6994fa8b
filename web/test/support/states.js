import { now } from './browser.js';
import { aCall, someStreams } from './calls.js';

/** @import { Page } from 'playwright-core' */
/** @import { PageHub, Pages } from './browser.js' */
/** @import { CallView } from '../../sdk/core/wire.js' */

/** @param {number} seconds */
const fromNow = (seconds) => new Date(Date.now() + 1_000 * seconds).toISOString();

const LI = { user: { id: 'li', role: 'adjuster', name: '李工' } };

/**
 * @param {Partial<CallView['legs']['claimant']>} [claimant]
 * @param {Partial<CallView['legs']['claimant']>} [adjuster]
 * @returns {CallView['legs']}
 */
export function legs(claimant, adjuster) {
  return {
    claimant: { user: 'zhang', name: '张建国', joined: true, link: 'publishing', ...claimant },
    adjuster: { user: 'li', name: '李工', joined: true, link: 'publishing', ...adjuster },
  };
}

const NOTE = '右前门被剐蹭，漆面有划痕，车停在路边安全处。';

/** @param {Partial<CallView>} [more] */
export function activeCall(more) {
  return aCall({
    version: 4,
    state: 'active',
    claim_no: 'PA2026-110482',
    note: NOTE,
    skills: ['新能源'],
    created_at: fromNow(-300),
    accepted_at: fromNow(-190),
    active_at: fromNow(-187),
    legs: legs(),
    ...more,
  });
}

/** @param {Partial<CallView>} [more] */
export function endedCall(more) {
  return activeCall({ version: 9, state: 'ended', ended_at: now(), end: { reason: 'hangup', by: 'claimant' }, ...more });
}

const ringing = () => aCall({ claim_no: 'PA2026-110482', note: NOTE, skills: ['新能源'], created_at: fromNow(-83), legs: legs({ joined: false, link: 'up' }, { joined: false, link: 'up' }) });

/** @param {number} n  how many wait */
export function aQueue(n) {
  const all = [
    { claim_no: 'PA2026-110483', note: '追尾，后保险杠变形', skills: ['新能源'], since: fromNow(-214), link: 'up' },
    { claim_no: 'PA2026-110485', since: fromNow(-95), link: 'lost' },
    { claim_no: 'PA2026-110490', note: 'Side mirror broken, parked in the garage', since: fromNow(-61), link: 'up', media: 'audio' },
    { claim_no: 'PA2026-110491', skills: ['大件', 'English'], since: fromNow(-12), link: 'up' },
  ];
  const waiting = all.slice(0, n).map((entry, i) => ({ call: `waiting-${i}`, queue: 'default', media: 'video', ...entry }));
  return { total: n, waiting };
}

/** @returns {CallView[]} */
export function someRecords() {
  const one = (/** @type {string} */ id, /** @type {Partial<CallView>} */ more) => endedCall({ id, ...more });
  return [
    one('r1', { claim_no: 'PA2026-110471', ended_at: fromNow(-2_000), active_at: fromNow(-2_400), notes: '左后门凹陷 12 厘米，建议钣金喷漆。' }),
    one('r2', { claim_no: 'PA2026-110468', ended_at: fromNow(-6_000), active_at: fromNow(-6_151), legs: legs({ name: '王芳' }), end: { reason: 'hangup', by: 'adjuster' } }),
    one('r3', { claim_no: 'PA2026-110455', ended_at: fromNow(-90_000), active_at: undefined, accepted_at: undefined, legs: legs({ name: '赵强' }), end: { reason: 'no_answer', by: 'hub' } }),
    one('r4', { claim_no: 'PA2026-110431', ended_at: fromNow(-180_000), active_at: fromNow(-181_200), legs: legs({ name: 'Maria Fernandes' }), notes: 'Total loss likely: frame bent at the front left.' }),
  ];
}

/**
 * The states of the console, each with what the page hears when it signs in and what happens then.
 *
 * @typedef {object} State
 * @property {object} [welcome]  nobody is signed in without it
 * @property {(page: Page, hub: PageHub) => Promise<unknown>} reach
 *
 * @type {Record<string, State>}
 */
export const CONSOLE_STATES = {
  'signin': { reach: (page) => page.locator('#signin-dev').waitFor() },
  'closed': {
    welcome: { ...LI, availability: 'away' },
    reach: async (page, hub) => {
      await page.locator('#start').waitFor();
      await hub.ends(4507, 'revoked');
      await page.locator('#closed-again').waitFor();
    },
  },
  'away': { welcome: { ...LI, availability: 'away' }, reach: (page) => page.locator('#start').waitFor() },
  'not-ready': {
    welcome: { ...LI, availability: 'away' },
    reach: async (page) => {
      await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = async () => {
          throw new DOMException('', 'NotAllowedError');
        };
      });
      await page.click('#start');
      await page.locator('#start-anyway').waitFor();
    },
  },
  'available': { welcome: { ...LI, availability: 'available', backlog: aQueue(4) }, reach: (page) => page.locator('#queue-list .row').nth(3).waitFor() },
  'ringing': {
    welcome: { ...LI, availability: 'available', backlog: aQueue(2) },
    reach: async (page, hub) => {
      await page.locator('#pause').waitFor();
      hub.pushes('call.invite', { call: ringing(), expires_at: fromNow(27) });
      hub.pushes('availability', { state: 'ringing' });
      await page.locator('#accept').waitFor();
    },
  },
  'calling': {
    welcome: { ...LI, availability: 'in_call', call: { ...ringing(), claim_no: 'PA2026-110431' } },
    reach: (page) => page.locator('#hangup').waitFor(),
  },
  'call': { welcome: { ...LI, availability: 'in_call', call: activeCall(), backlog: aQueue(3) }, reach: inCall },
  'call-weak': {
    welcome: { ...LI, availability: 'in_call', call: activeCall({ legs: legs({ quality: 'weak' }, { quality: 'bad' }) }) },
    reach: async (page, hub) => {
      await inCall(page, hub);
      const call = activeCall({ version: 5, legs: legs({ quality: 'weak' }, { quality: 'bad' }) });
      hub.pushes('call.profile', { call, leg: 'adjuster', quality: 'bad', profile: someStreams(1).profile, propose: 'audio' });
      await page.locator('#propose-yes').waitFor();
    },
  },
  'call-lost': {
    welcome: { ...LI, availability: 'in_call', call: activeCall() },
    reach: async (page, hub) => {
      await inCall(page, hub);
      hub.up = false;
      await hub.ends(4003, 'internal');
      await page.locator('#banner:not([hidden])').waitFor();
    },
  },
  'elsewhere': { welcome: { ...LI, availability: 'in_call', call: activeCall() }, reach: (page) => page.locator('#here').waitFor() },
  'wrap-up': {
    welcome: { ...LI, availability: 'in_call', call: activeCall({ notes: '右前门划痕约 30 厘米，未伤及钣金。' }) },
    reach: async (page, hub) => {
      await inCall(page, hub);
      const call = endedCall({ notes: '右前门划痕约 30 厘米，未伤及钣金。' });
      hub.pushes('call.hangup', { call, reason: 'hangup', by: 'claimant' });
      hub.pushes('availability', { state: 'wrap_up', until: fromNow(12) });
      await page.locator('#wrap-ready').waitFor();
    },
  },
  'missed': {
    welcome: { ...LI, availability: 'available', call: { ...ringing(), claim_no: 'PA2026-110431' } },
    reach: async (page, hub) => {
      await page.locator('#hangup').waitFor();
      const call = endedCall({ accepted_at: undefined, active_at: undefined, end: { reason: 'no_answer', by: 'hub' } });
      hub.pushes('call.hangup', { call, reason: 'no_answer', by: 'hub' });
      await page.locator('#done').waitFor();
    },
  },
  'history': {
    welcome: { ...LI, availability: 'available' },
    reach: async (page) => {
      await page.locator('#pause').waitFor();
      await page.keyboard.press('/');
      await page.locator('#history-list .row').nth(3).waitFor();
    },
  },
  'record': {
    welcome: { ...LI, availability: 'available' },
    reach: async (page) => {
      await page.locator('#pause').waitFor();
      await page.keyboard.press('/');
      await page.locator('#history-list button').first().click();
      await page.locator('#record[open]').waitFor();
    },
  },
  'invite': {
    welcome: { ...LI, availability: 'available' },
    reach: async (page) => {
      await page.locator('#pause').waitFor();
      await page.keyboard.press('q');
      await page.click('#invite-open');
      await page.locator('#invite[open]').waitFor();
    },
  },
  'devices': {
    welcome: { ...LI, availability: 'in_call', call: activeCall() },
    reach: async (page, hub) => {
      await inCall(page, hub);
      await page.click('#devices-open');
      await page.locator('#devices-sheet[open]').waitFor();
    },
  },
  'keys': {
    welcome: { ...LI, availability: 'available' },
    reach: async (page) => {
      await page.locator('#pause').waitFor();
      await page.keyboard.press('?');
      await page.locator('#keys-sheet[open]').waitFor();
    },
  },
};

/** Takes the running call to this page. @param {Page} page @param {PageHub} hub */
async function inCall(page, hub) {
  await page.click('#here');
  const call = /** @type {{call: CallView}} */ (hub.welcome).call;
  await hub.agreesTo('call.join', { call });
  hub.pushes('call.streams', { call, streams: someStreams(1) });
  await page.locator('#hangup').waitFor();
}

/**
 * Opens the console in that state.
 *
 * @param {Pages} pages
 * @param {State} state
 * @param {import('playwright-core').BrowserContextOptions & {lang?: 'zh' | 'en'}} [options]
 */
export async function openConsole(pages, { welcome, reach }, { lang = 'zh', ...options } = {}) {
  const path = welcome ? '/console/#token=mine' : '/console/';
  const opened = await pages.open(path, welcome ?? {}, {
    permissions: ['camera', 'microphone'],
    ...options,
    storageState: { cookies: [], origins: [{ origin: pages.origin, localStorage: [{ name: 'claimcall.lang', value: lang }] }] },
  }, (page) => page.route('**/api/v1/calls?*', (route) => route.fulfill({ json: { calls: someRecords() } })));
  await reach(opened.page, opened.hub);
  return opened;
}
