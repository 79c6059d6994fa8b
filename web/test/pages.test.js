import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { launchBrowser, now, Pages } from './support/browser.js';
import { aCall, someStreams } from './support/calls.js';
import { ZHANG } from './support/claimant.js';
import { aRecording } from './support/flv.js';

/** @import { Page } from 'playwright-core' */
/** @import { PageHub } from './support/browser.js' */

const LI = { user: { id: 'li', role: 'adjuster', name: '李工' }, availability: 'away' };
const EXPIRES = new Date(Date.now() + 60_000).toISOString();
const IN_TIME = { timeout: 90_000 };

const ringing = aCall({ note: '右前门刮伤', created_at: now() });
const connecting = aCall({ version: 2, state: 'connecting', accepted_at: now() });
const joined = aCall({ ...connecting, version: 3, legs: legs(false, true) });
const active = aCall({ version: 4, state: 'active', accepted_at: now(), active_at: now(), legs: legs(true, true) });
const over = aCall({ ...active, version: 5, state: 'ended', ended_at: now(), end: { reason: 'hangup', by: 'claimant' } });

/**
 * @param {boolean} claimant
 * @param {boolean} adjuster  whether each has joined
 */
function legs(claimant, adjuster) {
  return {
    claimant: { user: 'zhang', name: '张先生', joined: claimant, link: /** @type {const} */ ('up') },
    adjuster: { user: 'li', name: '李工', joined: adjuster, link: /** @type {const} */ ('up') },
  };
}

/** @type {Pages} */
let pages;
/** @type {{page: Page, hub: PageHub}[]} */
let opened = [];

before(async () => {
  pages = await Pages.start();
}, IN_TIME);

after(() => pages?.stop());

afterEach(async () => {
  for (const { page, hub } of opened) {
    assert.deepEqual(hub.complaints, []);
    await page.context().close();
  }
  opened = [];
});

/**
 * @param {string} path
 * @param {object} welcome
 */
async function open(path, welcome) {
  const it = await pages.open(path, welcome);
  opened.push(it);
  return it;
}

/**
 * Waits until the element shows that text.
 *
 * @param {Page} page
 * @param {string} id
 * @param {string} text
 */
async function shows(page, id, text) {
  await page.locator(`#${id}`, { hasText: text }).waitFor();
}

/** In the page: a desktop that allows notifications and remembers those that are shown. */
function fakeNotifications() {
  /** @type {string[]} */
  const shown = [];
  const Fake = class extends EventTarget {
    static permission = 'granted';

    /** @param {string} title @param {NotificationOptions} options */
    constructor(title, options) {
      super();
      this.text = `${title} ${options.body}`;
      shown.push(this.text);
    }

    close() {
      const at = shown.indexOf(this.text);
      if (at >= 0) shown.splice(at, 1);
    }
  };
  Object.assign(globalThis, { shown, Notification: Fake });
}

/**
 * An adjuster whose call has just been accepted and joined.
 *
 * @param {Page} page
 * @param {PageHub} hub
 */
async function acceptsACall(page, hub) {
  hub.pushes('call.invite', { call: ringing, expires_at: EXPIRES });
  await page.click('#accept');
  await hub.agreesTo('call.accept', { call: connecting });
  await hub.agreesTo('call.join', { call: joined });
  hub.pushes('call.joined', { call: joined, leg: 'adjuster' });
  hub.welcome = { ...LI, availability: 'in_call', call: active, streams: someStreams(1) };
}

describe('console', () => {
  test('from sign-in to the end of a call', IN_TIME, async () => {
    const { page, hub } = await open('/console/', LI);
    await page.click('#signin-dev');
    const hello = await hub.hears('hello');
    assert.equal(hello.data.token, 'from-dev-login');
    await page.click('#start');
    await hub.agreesTo('availability.set', { availability: 'available' });
    await shows(page, 'idle-title', '等待来电');

    await acceptsACall(page, hub);
    await shows(page, 'call-state', '已接听，等待对方进入');
    hub.pushes('call.joined', { call: active, leg: 'claimant' });
    await shows(page, 'call-state', '通话中');

    await page.click('#hangup');
    await hub.agreesTo('call.hangup', { call: { ...over, end: { reason: 'hangup', by: 'adjuster' } } });
    hub.pushes('availability', { state: 'wrap_up' });
    await shows(page, 'ended-text', '您已挂断');
    await shows(page, 'wrap-up-text', '整理时间');
    await page.click('#wrap-ready');
    await hub.agreesTo('availability.set', { availability: 'available' });
    await shows(page, 'idle-title', '等待来电');
  });

  test('a call rings in the title, is reachable by keyboard, and stops when withdrawn', IN_TIME, async () => {
    const { page, hub } = await open('/console/#token=mine', { ...LI, availability: 'available' });
    await shows(page, 'idle-title', '等待来电');
    hub.pushes('call.invite', { call: ringing, expires_at: EXPIRES });
    await shows(page, 'ringing-note', '右前门刮伤');
    await page.waitForFunction(() => document.title.includes('来电'));
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'accept');
    hub.pushes('call.withdrawn', { call: { ...ringing, version: 2 }, reason: 'canceled' });
    await shows(page, 'idle-notice', '对方取消');
    await page.waitForFunction(() => !document.title.includes('来电'));
  });

  test('a call shows on the desktop, once, and is taken down when it is over', IN_TIME, async () => {
    const it = await pages.open('/console/#token=mine', { ...LI, availability: 'available' }, undefined, (page) => page.addInitScript(fakeNotifications));
    opened.push(it);
    const { page, hub } = it;
    await shows(page, 'idle-title', '等待来电');
    await shows(page, 'ready-notifications-text', '来电时会在桌面提示');
    hub.pushes('call.invite', { call: ringing, expires_at: EXPIRES });
    await page.waitForFunction(() => /** @type {any} */ (globalThis).shown?.[0]?.includes('PA2026-0001'));
    hub.pushes('call.withdrawn', { call: { ...ringing, version: 2 }, reason: 'canceled' });
    await page.waitForFunction(() => /** @type {any} */ (globalThis).shown?.length === 0);
  });

  test('a ring that the browser held back is heard from the first click on', IN_TIME, async () => {
    const strict = await launchBrowser(undefined, [], ['--autoplay-policy=no-user-gesture-required']);
    const { page, hub } = await pages.open('/console/#token=mine', { ...LI, availability: 'available' }, {}, (tab) => tab.addInitScript(() => {
      const { start } = OscillatorNode.prototype;
      OscillatorNode.prototype.start = function begin(at) {
        document.documentElement.dataset.heard = 'yes';
        start.call(this, at);
      };
    }), strict);
    await shows(page, 'idle-title', '等待来电');
    hub.pushes('call.invite', { call: ringing, expires_at: EXPIRES });
    await page.locator('#ringing-claim').waitFor();
    assert.equal(await page.locator('html[data-heard]').count(), 0);
    await page.click('#ringing-claim');
    await page.locator('html[data-heard]').waitFor();
    await strict.close();
  });

  test('someone else was faster: the page says so and stays out of the call', IN_TIME, async () => {
    const { page, hub } = await open('/console/#token=mine', { ...LI, availability: 'available' });
    await shows(page, 'idle-title', '等待来电');
    hub.pushes('call.invite', { call: ringing, expires_at: EXPIRES });
    await page.click('#accept');
    await hub.refuses('call.accept', 'answered_elsewhere');
    await shows(page, 'problem', '已在其他设备接听');
    hub.pushes('call.withdrawn', { call: { ...ringing, version: 2 }, reason: 'answered_elsewhere' });
    await shows(page, 'idle-title', '等待来电');
  });

  test('a reload resumes in the running call without joining again', IN_TIME, async () => {
    const { page, hub } = await open('/console/#token=mine', { ...LI, availability: 'available' });
    await shows(page, 'idle-title', '等待来电');
    await acceptsACall(page, hub);
    await shows(page, 'call-state', '等待对方进入');
    await hub.hears('hello');
    await page.reload();
    const { data } = await hub.hears('hello');
    assert.deepEqual([data.token, data.resume], ['mine', 'secret']);
    await shows(page, 'call-state', '通话中');
    assert.equal(hub.heard('call.join'), false);
  });

  test('another device may hold the call, and it can be moved here', IN_TIME, async () => {
    const { page, hub } = await open('/console/#token=mine', { ...LI, availability: 'in_call', call: active });
    await shows(page, 'here', '在此设备继续');
    assert.equal(hub.heard('call.join'), false);
    await page.click('#here');
    await hub.agreesTo('call.join', { call: { ...active, version: 6 } });
    hub.pushes('call.streams', { call: { ...active, version: 7 }, streams: someStreams(2) });
    await shows(page, 'call-state', '通话中');
  });

  test('a lost connection shows in words and keeps the call on the screen', IN_TIME, async () => {
    const { page, hub } = await open('/console/#token=mine', { ...LI, availability: 'in_call', call: active });
    await page.click('#here');
    await hub.agreesTo('call.join', { call: active });
    await shows(page, 'call-state', '通话中');
    hub.up = false;
    await hub.ends(4003, 'internal');
    await shows(page, 'banner', '正在自动重连');
    await shows(page, 'call-state', '通话中');
    hub.up = true;
    await page.locator('#banner').waitFor({ state: 'hidden' });
    await shows(page, 'connection', '已连接');
  });

  test('a session that went on elsewhere stops here, until asked back', IN_TIME, async () => {
    const { page, hub } = await open('/console/#token=mine', LI);
    await shows(page, 'idle-title', '暂离');
    await hub.ends(4505, 'replaced');
    await shows(page, 'closed-text', '另一个页面');
    await page.click('#closed-here');
    await shows(page, 'idle-title', '暂离');
  });

  test('the picture of the other side plays, also after its stream ended and came back', IN_TIME, async () => {
    const recording = aRecording();
    const { page, hub } = await open('/console/#token=mine', { ...LI, availability: 'in_call', call: active });
    let plays = 0;
    await page.routeWebSocket(/room-c-g1\.flv$/, async (socket) => {
      plays += 1;
      socket.send(recording);
    });
    await page.reload();
    await page.click('#here');
    await hub.agreesTo('call.join', { call: active });
    hub.pushes('call.streams', { call: active, streams: someStreams(1) });
    await page.waitForFunction(() => document.querySelector('video')?.videoWidth === 320);
    await page.waitForFunction(() => document.querySelector('claimcall-player')?.getAttribute('data-status') === 'playing');
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 1);
    await page.waitForFunction(() => document.querySelector('claimcall-player')?.getAttribute('data-status') === 'stalled');
    await page.waitForFunction(() => document.querySelector('claimcall-player')?.getAttribute('data-status') === 'playing');
    assert.ok(plays >= 2);
  });
});

describe('signing in to the console with the company\'s account', () => {
  const oidc = { name: '统一认证', start: '/login/oidc' };

  /**
   * @param {number[]} answers  statuses of the ticket office, the last one for good
   * @param {string[]} [asked]  what is asked of it, as it comes
   */
  const office = (answers, asked = []) => async (/** @type {Page} */ page) => {
    let tickets = 0;
    await page.route('**/api/v1/config', (route) => route.fulfill({ json: { dev: false, oidc } }));
    await page.route('**/login/oidc/end', (route) => {
      asked.push('end');
      return route.fulfill({ json: {} });
    });
    await page.route('**/api/v1/ticket', (route) => {
      const status = answers.length > 1 ? answers.shift() : answers[0];
      tickets += 1;
      asked.push('ticket');
      return route.fulfill({ status, json: { ticket: `ticket.${tickets}` } });
    });
  };

  test('who is not signed in is offered the way there', IN_TIME, async () => {
    const it = await pages.open('/console/', LI, undefined, office([401]));
    opened.push(it);
    await shows(it.page, 'signin-oidc', '使用统一认证登录');
    assert.equal(await it.page.getAttribute('#signin-oidc', 'href'), '/login/oidc?return=%2Fconsole%2F');
    assert.equal(await it.page.isVisible('#signin-dev'), false);
    it.hub.complaints.splice(0); // the browser writes the 401 down
  });

  test('who is signed in goes straight in; each socket takes a ticket of its own, until the sign-out', IN_TIME, async () => {
    const asked = /** @type {string[]} */ ([]);
    const it = await pages.open('/console/', LI, undefined, office([200], asked));
    opened.push(it);
    assert.equal((await it.hub.hears('hello')).data.token, 'ticket.1');
    await shows(it.page, 'idle-title', '暂离');
    await it.hub.ends(4000, 'going_away');
    assert.equal((await it.hub.hears('hello')).data.token, 'ticket.2');
    await it.page.click('#signout');
    await it.hub.agreesTo('session.end', {});
    await it.hub.hears('hello'); // of the page that has loaded again; a real office says no now
    assert.ok(asked.includes('end'));
  });
});

describe('both pages', () => {
  test('a token leaves the address at once and stays in the tab', IN_TIME, async () => {
    const { page, hub } = await open('/call/#token=a.b.c', ZHANG);
    assert.equal((await hub.hears('hello')).data.token, 'a.b.c');
    assert.equal(new URL(page.url()).hash, '');
    await page.reload();
    assert.equal((await hub.hears('hello')).data.token, 'a.b.c');
  });

  test('English is one click away, and remembered', IN_TIME, async () => {
    const { page } = await open('/console/#token=mine', LI);
    await shows(page, 'idle-title', '暂离');
    await page.click('#lang');
    await shows(page, 'idle-title', 'Away');
    await page.reload();
    await shows(page, 'idle-title', 'Away');
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
  });

  test('signing out forgets the token', IN_TIME, async () => {
    const { page } = await open('/call/#token=mine', ZHANG);
    await page.locator('#agree').waitFor();
    await page.click('#signout');
    await page.locator('#signin-dev').waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  });

  test('nothing is wider than a phone', IN_TIME, async () => {
    const { page, hub } = await open('/console/#token=mine', { ...LI, availability: 'in_call', call: active });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.click('#here');
    await hub.agreesTo('call.join', { call: active });
    hub.pushes('call.streams', { call: active, streams: someStreams(1) });
    await page.click('#publish summary');
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(overflow, 0);
  });
});
