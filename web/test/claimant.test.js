import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { now, Pages } from './support/browser.js';
import { aCall, someStreams } from './support/calls.js';
import { ZHANG, aToken, endedCall, myCall, prepares, requests, waitingCall } from './support/claimant.js';

/** @import { Page } from 'playwright-core' */
/** @import { PageHub } from './support/browser.js' */

const IN_TIME = { timeout: 90_000 };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, permissions: ['camera', 'microphone'] };
const LINK = `/call/#token=${aToken()}`;

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
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
async function open(path, welcome, options) {
  const it = await pages.open(path, welcome, { ...PHONE, ...options });
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

/**
 * A claimant whose call has been accepted, in it.
 *
 * @param {import('../sdk/core/wire.js').CallView} [call]
 */
async function inCall(call = myCall()) {
  const { page, hub } = await open(LINK, { ...ZHANG, call });
  await page.click('#here');
  await hub.agreesTo('call.join', { call });
  hub.pushes('call.streams', { call, streams: someStreams(1) });
  await page.locator('#hangup').waitFor();
  return { page, hub };
}

describe('the way to a call', () => {
  test('from the link through consent, check, request and wait to the end', IN_TIME, async () => {
    const { page, hub } = await open(LINK, ZHANG);
    await shows(page, 'consent-title', '您好，张先生');
    await prepares(page);
    await page.fill('#claim', ' PA2026-0001 ');
    await page.fill('#note', '右前门刮伤');
    await page.click('#send');
    const { data } = await hub.agreesTo('call.request', { call: waitingCall() });
    assert.deepEqual([data.claim_no, data.note, data.media], ['PA2026-0001', '右前门刮伤', 'video']);
    hub.pushes('call.queued', { call: waitingCall(), position: 3, wait_ms: 130_000 });
    await shows(page, 'waiting-position', '您排在第 3 位');
    await shows(page, 'waiting-wait', '3 分钟');
    hub.pushes('call.queued', { call: { ...waitingCall(), version: 3 }, position: 1, wait_ms: 50_000 });
    await shows(page, 'waiting-position', '下一位就是您');
    hub.pushes('call.ringing', { call: { ...waitingCall(), version: 4, state: 'ringing' } });
    await shows(page, 'waiting-title', '正在呼叫查勘员');

    const accepted = myCall({ version: 5, state: 'connecting', active_at: undefined }, { here: { joined: false, link: 'up' } });
    hub.pushes('call.accept', { call: accepted });
    await hub.agreesTo('call.join', { call: myCall() });
    hub.pushes('call.joined', { call: myCall(), leg: 'claimant' });
    hub.pushes('call.streams', { call: myCall(), streams: someStreams(1) });
    await shows(page, 'call-name', '李工');
    assert.match(await page.inputValue('#publish-command'), /^ffmpeg .*'rtmp:\/\/hub\.test\/live\/room-a-g1'$/);

    const end = /** @type {const} */ ({ reason: 'hangup', by: 'adjuster' });
    hub.pushes('call.hangup', { call: endedCall(end), ...end });
    await shows(page, 'ended-text', '对方已挂断');
    await shows(page, 'ended-next', '您可以关闭此页面了');
    assert.equal(await page.isVisible('#redial'), false);
    await page.click('#again');
    await shows(page, 'send', '发起视频查勘');
  });

  test('a link for one claim asks for no number', IN_TIME, async () => {
    const { page, hub } = await open(`/call/#token=${aToken({ claim_no: 'PA-7' })}`, ZHANG);
    await shows(page, 'consent-claim', 'PA-7');
    await prepares(page);
    assert.equal(await page.isVisible('#claim'), false);
    await page.click('#send');
    assert.equal((await hub.hears('call.request')).data.claim_no, 'PA-7');
  });

  test('nothing is sent without consent, and a no can be taken back', IN_TIME, async () => {
    const { page, hub } = await open(LINK, ZHANG);
    await page.click('#disagree');
    await page.locator('#reconsider').click();
    await page.click('#agree');
    await page.locator('#check-done').waitFor();
    assert.equal(hub.heard('call.request'), false);
    await page.reload();
    await page.locator('#check-done').waitFor(); // it is not asked twice
  });

  test('consent is that of one person', IN_TIME, async () => {
    const { page } = await open(LINK, ZHANG);
    await page.click('#agree');
    await page.locator('#check-done').waitFor();
    await page.evaluate((token) => location.assign(`#token=${token}`), aToken({ sub: 'wang', name: '王女士' }));
    await page.locator('#agree').waitFor();
  });

  test('the check shows the camera, hears the microphone, and lets go of both', IN_TIME, async () => {
    const { page } = await open(LINK, ZHANG);
    await page.click('#agree');
    await shows(page, 'check-heard', '听到您的声音了');
    const video = page.locator('#check-video');
    await page.waitForFunction(() => /** @type {HTMLVideoElement} */ (document.querySelector('#check-video')).videoWidth > 0);
    const track = await video.evaluateHandle((it) => /** @type {MediaStream} */ (/** @type {HTMLVideoElement} */ (it).srcObject).getVideoTracks()[0]);
    assert.equal(await track.evaluate(({ readyState }) => readyState), 'live');
    await page.click('#check-done');
    await page.locator('#send').waitFor();
    assert.equal(await track.evaluate(({ readyState }) => readyState), 'ended');
  });

  test('a request that failed is repeated as the same one; leaving the queue is asked about', IN_TIME, async () => {
    const { page, hub } = await open(LINK, ZHANG);
    await requests(page, 'PA1');
    const first = await hub.refuses('call.request', 'unavailable');
    await shows(page, 'problem', '服务暂时不可用');
    await page.click('#send');
    const second = await hub.agreesTo('call.request', { call: waitingCall() });
    assert.equal(second.data.request_id, first.data.request_id);
    await page.click('#cancel');
    await page.click('#stay');
    await page.click('#cancel');
    await page.click('#leave-now');
    const end = /** @type {const} */ ({ reason: 'canceled', by: 'claimant' });
    await hub.agreesTo('call.cancel', { call: endedCall(end, { active_at: undefined }) });
    await shows(page, 'ended-title', '已取消');
  });

  test('after a call that was lost, one tap calls again about the same', IN_TIME, async () => {
    const { page, hub } = await inCall();
    const end = /** @type {const} */ ({ reason: 'lost', by: 'adjuster' });
    hub.pushes('call.hangup', { call: endedCall(end), ...end });
    await shows(page, 'ended-next', '请再次呼叫');
    await page.click('#redial');
    const { data } = await hub.agreesTo('call.request', { call: { ...waitingCall(), id: 'the-next-call-of-this-claimant' } });
    assert.deepEqual([data.claim_no, data.note], ['PA2026-0001', '右前门刮伤']);
    await shows(page, 'waiting-title', '正在为您排队');
  });

  test('a direct invite rings and is answered here', IN_TIME, async () => {
    const { page, hub } = await open(LINK, ZHANG);
    await page.locator('#agree').waitFor();
    const invited = myCall({ state: 'ringing', version: 1, active_at: undefined });
    hub.pushes('call.invite', { call: invited, expires_at: new Date(Date.now() + 60_000).toISOString() });
    await shows(page, 'ringing-name', '李工');
    await shows(page, 'ringing-consent', '不会录像');
    await page.waitForFunction(() => document.title.includes('来电'));
    await page.click('#accept');
    await hub.agreesTo('call.accept', { call: myCall({ version: 2, state: 'connecting' }, { here: { joined: false } }) });
    await hub.agreesTo('call.join', { call: myCall({ version: 3 }) });
    await shows(page, 'call-state', '通话中');
  });
});

describe('in a call', () => {
  test('the pictures change places by a tap', IN_TIME, async () => {
    const { page } = await inCall();
    const stage = page.locator('#stage');
    assert.equal(await stage.getAttribute('data-large'), 'near');
    await page.click('#swap');
    assert.equal(await stage.getAttribute('data-large'), 'far');
    assert.equal(await page.getAttribute('#swap', 'aria-label'), '放大我的画面');
  });

  test('weak and lost networks are told in words, and sound only is proposed', IN_TIME, async () => {
    const { page, hub } = await inCall();
    const bad = myCall({ version: 11 }, { here: { quality: 'bad' } });
    hub.pushes('call.profile', { call: bad, leg: 'claimant', quality: 'bad', profile: someStreams(1).profile, propose: 'audio' });
    await shows(page, 'call-notice', '您的信号很弱');
    await page.click('#proposal-yes');
    await shows(page, 'blind', '打开画面');
    hub.pushes('call.peer', { call: myCall({ version: 12 }, { there: { link: 'lost' } }), leg: 'adjuster', link: 'lost' });
    await shows(page, 'call-notice', '查勘员的网络断开了');
    hub.up = false;
    await hub.ends(4003, 'internal');
    await shows(page, 'call-notice', '正在自动恢复');
    hub.welcome = { ...ZHANG, call: myCall({ version: 13 }), streams: someStreams(1) };
    hub.up = true;
    await shows(page, 'call-state', '通话中');
    await page.locator('#call-notice', { hasText: '正在自动恢复' }).waitFor({ state: 'hidden' });
  });

  test('who is muted is told so', IN_TIME, async () => {
    const { page } = await inCall();
    await page.click('#mute');
    await shows(page, 'call-mute', '查勘员听不到您');
    await page.click('#mute');
    await page.locator('#call-mute').waitFor({ state: 'hidden' });
  });

  test('the screen stays on while the call lasts, also after it was hidden', IN_TIME, async () => {
    const { page, hub } = await open('/', ZHANG);
    await page.addInitScript(() => {
      const locks = /** @type {{locks: {released: boolean}[]}} */ (/** @type {unknown} */ (globalThis));
      locks.locks = [];
      const request = async () => {
        const lock = { released: false, release: async () => { lock.released = true; } };
        locks.locks.push(lock);
        return lock;
      };
      Object.defineProperty(navigator, 'wakeLock', { value: { request } });
    });
    hub.welcome = { ...ZHANG, call: waitingCall() };
    const held = () => page.evaluate(() => /** @type {any} */ (globalThis).locks.filter((/** @type {any} */ lock) => !lock.released).length);
    await page.goto(new URL(LINK, page.url()).href);
    await page.locator('#cancel').waitFor();
    assert.equal(await held(), 1);
    await page.evaluate(() => {
      /** @type {any} */ (globalThis).locks[0].released = true; // as browsers do with hidden pages
      document.dispatchEvent(new Event('visibilitychange'));
    });
    assert.equal(await held(), 1);
    hub.pushes('call.hangup', { call: endedCall({ reason: 'no_adjuster', by: 'hub' }, { active_at: undefined }), reason: 'no_adjuster', by: 'hub' });
    await shows(page, 'ended-title', '查勘员都在忙');
    assert.equal(await held(), 0);
  });
});

describe('links', () => {
  test('one that is too old says what to do, and a fresh one of the same person goes on', IN_TIME, async () => {
    const { page, hub } = await inCall();
    hub.refusal = 'token_expired';
    await hub.ends(4501, 'token_expired');
    await shows(page, 'closed-title', '这个链接不能用了');
    await shows(page, 'closed-next', '最新的链接');
    hub.refusal = '';
    hub.welcome = { ...ZHANG, call: myCall({ version: 12 }), streams: someStreams(2) };
    for (let hellos = 0; hellos < 2; hellos += 1) await hub.hears('hello'); // the first, and one in vain
    const fresh = aToken({ jti: '2' });
    await page.evaluate((token) => location.assign(`#token=${token}`), fresh);
    const { data } = await hub.hears('hello');
    assert.deepEqual([data.token, data.resume], [fresh, 'secret']);
    await shows(page, 'call-state', '通话中');
  });

  test('another page took over, and can be asked back', IN_TIME, async () => {
    const { page, hub } = await open(LINK, { ...ZHANG, call: waitingCall() });
    await page.locator('#cancel').waitFor();
    await hub.ends(4505, 'replaced');
    await shows(page, 'closed-text', '另一个页面');
    await page.click('#closed-here');
    await page.locator('#cancel').waitFor();
  });
});

test('ring-back sounds while it rings, and never longer', IN_TIME, async () => {
  const { page, hub } = await open(LINK, { ...ZHANG, call: waitingCall() });
  await page.locator('#cancel').waitFor();
  await page.evaluate(() => {
    const { connect } = AudioNode.prototype;
    /** @type {any} */ (globalThis).sounding = 0;
    AudioNode.prototype.connect = /** @type {any} */ (function (/** @type {any[]} */ ...args) {
      if (args[0] instanceof AudioDestinationNode) /** @type {any} */ (globalThis).sounding += 1;
      return /** @type {any} */ (connect).apply(this, args);
    });
    const { disconnect } = AudioNode.prototype;
    AudioNode.prototype.disconnect = /** @type {any} */ (function (/** @type {any[]} */ ...args) {
      /** @type {any} */ (globalThis).sounding -= 1;
      return /** @type {any} */ (disconnect).apply(this, args);
    });
  });
  const sounding = (/** @type {number} */ n) => page.waitForFunction((wanted) => /** @type {any} */ (globalThis).sounding === wanted, n);
  await page.click('#waiting-title');
  hub.pushes('call.ringing', { call: { ...waitingCall(), version: 3, state: 'ringing' } });
  await sounding(1);
  hub.pushes('call.queued', { call: { ...waitingCall(), version: 4 }, position: 1, wait_ms: 60_000 });
  await sounding(0);
});
