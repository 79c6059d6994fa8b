import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { Caller, Desk } from './support/desk.js';
import { Server } from './support/server.js';

/** @import { Browser } from 'playwright-core' */
/** @import { TestContext } from 'node:test' */

const IN_TIME = { timeout: 240_000 };
/** Long enough for a reload on a busy machine. */
const WRAP_UP_S = 25;

/** @type {Server} */
let server;
/** @type {Browser} */
let browser;

before(async () => {
  server = await Server.start(['--wrap-up', `${WRAP_UP_S}s`]);
  browser = await launchBrowser();
}, IN_TIME);

after(async () => {
  await browser?.close();
  await server?.stop();
});

/**
 * An adjuster who takes calls.
 *
 * @param {TestContext} t
 * @param {Parameters<typeof Desk.open>[2]} [options]
 */
async function anAdjuster(t, options) {
  const desk = await Desk.open(browser, server, options);
  t.after(() => desk.leaves());
  return desk;
}

/** @param {TestContext} t */
async function aClaimant(t) {
  const caller = await Caller.open(browser, server);
  t.after(() => caller.leaves());
  return caller;
}

describe('the console, with a real server', () => {
  test('a call from the queue to the records', IN_TIME, async (t) => {
    const desk = await anAdjuster(t);
    const zhang = await aClaimant(t);
    await zhang.calls('PA-QUEUE-1', '右前门');
    await desk.page.locator('#queue-list .row', { hasText: 'PA-QUEUE-1' }).waitFor();
    await desk.shows('queue-count', '1');
    await desk.page.click('#start');
    await desk.accepts('PA-QUEUE-1');
    await desk.shows('call-note', '右前门');
    await desk.shows('queue-empty', '没有车主在等待');

    await desk.page.fill('#notes', '划痕 30 厘米');
    await desk.shows('notes-state', '已保存');
    await zhang.hangsUp();
    await desk.shows('ended-text', '对方已挂断');
    await desk.page.keyboard.press('Escape');
    await desk.page.click('#wrap-away');
    await desk.shows('idle-title', '暂离');

    await desk.page.click('#tab-history');
    const row = desk.page.locator('#history-list .row', { hasText: 'PA-QUEUE-1' });
    await row.getByText('划痕 30 厘米').waitFor();
    await desk.page.fill('#history-search', 'no such claim');
    await desk.shows('history-state', '没有符合的通话');
    await desk.page.fill('#history-search', '30 厘米');
    await row.waitFor();
    await row.locator('button').click();
    await desk.shows('record-end', '对方已挂断');
    await desk.page.fill('#record-notes', '划痕 30 厘米，已定损');
    await desk.shows('record-notes-state', '已保存');
    await desk.page.keyboard.press('Escape');
    await row.getByText('已定损').waitFor();
  });

  test('a ring stops on every tab when one of them answers; the others say where the call is', IN_TIME, async (t) => {
    const desk = await anAdjuster(t);
    const other = await desk.anotherTab();
    await desk.becomesAvailable();
    await other.shows('idle-title', '等待来电');
    const zhang = await aClaimant(t);
    await zhang.calls('PA-TABS-1');
    await Promise.all([desk.isRung('PA-TABS-1'), other.isRung('PA-TABS-1')]);
    for (const { page } of [desk, other]) await page.waitForFunction(() => document.title.includes('来电'));
    await other.page.click('#accept');
    await other.isInCall('PA-TABS-1');
    await desk.shows('elsewhere-claim', 'PA-TABS-1');
    await desk.page.waitForFunction(() => !document.title.includes('来电'));

    await desk.page.keyboard.press('t');
    await desk.isInCall('PA-TABS-1');
    await other.sees('here');
    await desk.hangsUp();
    await other.seesNo('here');
  });

  test('a ring stops on every tab when the claimant gives up', IN_TIME, async (t) => {
    const desk = await anAdjuster(t);
    const other = await desk.anotherTab();
    await desk.becomesAvailable();
    const zhang = await aClaimant(t);
    await zhang.calls('PA-GONE-1');
    await Promise.all([desk.isRung('PA-GONE-1'), other.isRung('PA-GONE-1')]);
    await zhang.cancels();
    for (const { page } of [desk, other]) {
      await page.locator('#idle-notice', { hasText: '对方取消' }).waitFor();
      await page.waitForFunction(() => !document.title.includes('来电'));
    }
  });

  test('a reload in any state lands where it was', IN_TIME, async (t) => {
    const desk = await anAdjuster(t);
    await desk.becomesAvailable();
    await desk.page.reload();
    await desk.shows('idle-title', '等待来电');

    const zhang = await aClaimant(t);
    await zhang.calls('PA-RELOAD-1');
    await desk.isRung('PA-RELOAD-1');
    await desk.page.reload();
    await desk.accepts('PA-RELOAD-1');
    await desk.page.fill('#notes', '重新打开后还在');
    await desk.page.reload();
    await desk.isInCall('PA-RELOAD-1');
    assert.equal(await desk.page.inputValue('#notes'), '重新打开后还在');

    await zhang.hangsUp();
    await desk.sees('wrap-ready');
    await desk.page.reload();
    await desk.shows('ended-text', '对方已挂断');
    await desk.page.click('#wrap-ready');
    await desk.shows('idle-title', '等待来电');
  });

  test('a tab that is closed while it rings gives the call to the next adjuster', IN_TIME, async (t) => {
    const gone = await Desk.open(browser, server);
    await gone.becomesAvailable();
    const zhang = await aClaimant(t);
    await zhang.calls('PA-CLOSED-1');
    await gone.isRung('PA-CLOSED-1');
    await gone.leaves();
    const desk = await anAdjuster(t);
    await desk.page.click('#start'); // and is rung before anybody can see that no call is there
    await desk.accepts('PA-CLOSED-1');
    await desk.hangsUp();
  });

  test('another computer takes the call when the first one is gone', IN_TIME, async (t) => {
    const desk = await Desk.open(browser, server);
    await desk.becomesAvailable();
    const zhang = await aClaimant(t);
    await zhang.calls('PA-CRASH-1');
    await desk.accepts('PA-CRASH-1');
    await desk.leaves();
    const next = await desk.anotherComputer(browser);
    t.after(() => next.leaves());
    await next.isInCall('PA-CRASH-1');
    await next.hangsUp();
  });

  test('the time to wrap up counts down, and ends by itself; who still writes is left alone', IN_TIME, async (t) => {
    const desk = await anAdjuster(t);
    await desk.becomesAvailable();
    const zhang = await aClaimant(t);
    await zhang.calls('PA-WRAP-1');
    await desk.accepts('PA-WRAP-1');
    await desk.hangsUp();
    const first = parseInt(await desk.page.innerText('#wrap-up-left'), 10);
    assert.ok(first > 5 && first <= WRAP_UP_S, `${first} s left`);
    await desk.page.waitForFunction((left) => parseInt(document.getElementById('wrap-up-left')?.textContent ?? '', 10) < left, first);
    await desk.page.focus('#notes');
    await desk.shows('availability-word', '空闲');
    await desk.sees('notes');
    await desk.page.keyboard.press('Escape');
    await desk.shows('idle-title', '等待来电');
  });

  test('a claimant is called directly, and may decline', IN_TIME, async (t) => {
    const desk = await anAdjuster(t);
    const zhang = await aClaimant(t);
    await desk.page.keyboard.press('i');
    await desk.page.fill('#invite-user', zhang.user);
    await desk.page.fill('#invite-claim', 'PA-DIRECT-1');
    await desk.page.keyboard.press('Enter');
    await desk.shows('call-state', '正在呼叫对方');
    await zhang.declines();
    await desk.shows('ended-title', '未能接通');
    await desk.page.click('#call-again');
    await desk.page.click('#invite-send');
    await zhang.answers();
    await desk.isInCall('PA-DIRECT-1');
    await desk.hangsUp();
  });

  test('who is not there cannot be called directly', IN_TIME, async (t) => {
    const desk = await anAdjuster(t);
    await desk.page.click('#invite-open');
    await desk.page.fill('#invite-user', 'nobody');
    await desk.page.fill('#invite-claim', 'PA-NOBODY-1');
    await desk.page.click('#invite-send');
    await desk.shows('ended-text', '对方不在线');
    await desk.page.click('#done');
    await desk.sees('start');
  });
});

describe('a whole shift with the keyboard only', () => {
  test('sign in, get ready, answer, write, hang up, wrap up, look back, sign out', IN_TIME, async (t) => {
    const context = await browser.newContext({ permissions: ['camera', 'microphone'], viewport: { width: 1024, height: 768 } });
    t.after(() => context.close());
    const desk = new Desk(await context.newPage(), '');
    const { keyboard } = desk.page;
    await desk.page.goto(`${server.origin}/console/`);
    await desk.sees('signin-dev');
    await tabTo(desk, 'signin-dev');
    await keyboard.press('Enter');
    await desk.sees('start');
    await keyboard.press('r');
    await desk.shows('idle-title', '等待来电');

    const zhang = await aClaimant(t);
    await zhang.calls('PA-KEYS-1');
    await desk.isRung('PA-KEYS-1');
    await keyboard.press('a');
    await desk.isInCall('PA-KEYS-1');
    await desk.page.locator('#mute:enabled').waitFor();
    await keyboard.press('m');
    assert.equal(await desk.page.getAttribute('#mute', 'aria-pressed'), 'true');
    await keyboard.press('n');
    await keyboard.type('a note with m and c');
    assert.equal(await desk.page.getAttribute('#blind', 'aria-pressed'), 'false');
    await keyboard.press('Alt+c');
    assert.equal(await desk.page.getAttribute('#blind', 'aria-pressed'), 'true');
    await desk.shows('notes-state', '已保存');
    await keyboard.press('Escape');
    await keyboard.press('?');
    await desk.shows('keys-list', '挂断');
    await keyboard.press('Escape');
    await keyboard.press('Shift+H');
    await desk.sees('wrap-away');
    await keyboard.press('b');
    await desk.shows('idle-title', '暂离');
    await keyboard.press('/');
    await keyboard.type('KEYS-1');
    await desk.page.locator('#history-list button', { hasText: 'PA-KEYS-1' }).waitFor();
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await desk.shows('record-title', 'PA-KEYS-1');
    await keyboard.press('Escape');
    await tabTo(desk, 'signout');
    await keyboard.press('Enter');
    await desk.sees('signin-dev');
  });
});

describe('devices that are missing', () => {
  test('a microphone that is refused is said before the first call, and can be passed over', IN_TIME, async (t) => {
    const desk = await anAdjuster(t, { prepare: (context) => context.addInitScript(refuse, ['NotAllowedError']) });
    await desk.page.click('#start');
    await desk.shows('ready-microphone-text', '浏览器禁止使用麦克风');
    await desk.shows('availability-word', '暂离');
    await desk.page.click('#start-anyway');
    await desk.shows('idle-title', '等待来电');
    const zhang = await aClaimant(t);
    await zhang.calls('PA-DENIED-1');
    await desk.accepts('PA-DENIED-1');
    await desk.shows('publisher-status', '无法使用');
    await desk.shows('call-self', '没有摄像头和麦克风');
    await desk.hangsUp();
  });

  test('a camera that is refused leaves the sound', IN_TIME, async (t) => {
    const desk = await anAdjuster(t, { prepare: (context) => context.addInitScript(refuse, ['NotAllowedError', 'video']) });
    await desk.page.click('#start');
    await desk.shows('ready-camera-text', '浏览器禁止使用摄像头');
    await desk.shows('idle-title', '等待来电');
    const zhang = await aClaimant(t);
    await zhang.calls('PA-SOUND-1');
    await desk.accepts('PA-SOUND-1');
    await desk.shows('call-self', '清晰');
    assert.equal(await desk.page.getAttribute('#blind', 'aria-pressed'), 'true');
    await desk.hangsUp();
  });

  test('without a camera the adjuster talks, and says so', IN_TIME, async (t) => {
    const desk = await anAdjuster(t, { prepare: (context) => context.addInitScript(refuse, ['NotFoundError', 'video']) });
    await desk.page.click('#start');
    await desk.shows('ready-camera-text', '没有摄像头');
    await desk.shows('idle-title', '等待来电');
    const zhang = await aClaimant(t);
    await zhang.calls('PA-BLIND-1');
    await desk.accepts('PA-BLIND-1');
    await desk.shows('call-self', '清晰');
    await desk.hangsUp();
  });
});

/**
 * In the page: the browser gives no device, or none of that kind.
 *
 * @param {string[]} how  name of the error, and the kind
 */
function refuse([name, kind]) {
  const { mediaDevices } = navigator;
  const original = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (wish = {}) => {
    if (!kind || (kind === 'video' && wish.video)) throw new DOMException('', name);
    return original(wish);
  };
}

/**
 * Goes on with Tab until the element has the focus.
 *
 * @param {Desk} desk
 * @param {string} id
 */
async function tabTo(desk, id) {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await desk.page.evaluate(() => document.activeElement?.id) === id) return;
    await desk.page.keyboard.press('Tab');
  }
  assert.fail(`no way to #${id} with Tab`);
}
