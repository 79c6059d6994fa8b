import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FIRST_PICTURE } from '../ui/timing.js';
import { Browsers, Pair } from './support/pair.js';
import { ADJUSTER, CLAIMANT } from './support/scene.js';
import { Server } from './support/server.js';

/** @import { Page } from 'playwright-core' */
/** @import { TestContext } from 'node:test' */

const IN_TIME = { timeout: 240_000 };
/** Accept to first remote picture takes no longer, on a machine that has time for it; how long it took is printed. */
const FIRST_PICTURE_MS = 1_000;
/** A machine that has no time may take so many times as long as the browser's own part takes on it. */
const TIMES_BARE = 5;

const folder = mkdtempSync(join(tmpdir(), 'claimcall-'));
/** @type {Browsers} */
let browsers;
/** @type {Server} */
let server;

before(async () => {
  [server, browsers] = await Promise.all([Server.start(), Browsers.launch(folder)]);
}, IN_TIME);

after(async () => {
  await browsers?.close();
  await server?.stop();
  rmSync(folder, { recursive: true });
});

/** @param {TestContext} t */
async function aPair(t) {
  const pair = await Pair.open(browsers, server);
  t.after(() => pair.end());
  return pair;
}

/**
 * @param {Page} page
 * @param {string} id
 * @param {string} text
 */
async function shows(page, id, text) {
  await page.locator(`#${id}`, { hasText: text }).waitFor();
}

/**
 * Reloads, and waits for what must be there again.
 *
 * @param {Page} page
 * @param {string} sees  an element
 */
async function reloads(page, sees) {
  await page.reload();
  await page.locator(sees).waitFor();
}

/** @param {Page} page */
function firstPicture(page) {
  return page.evaluate((name) => performance.getEntriesByName(name, 'measure')[0]?.duration ?? Infinity, FIRST_PICTURE);
}

/**
 * Run inside a page: how long a camera takes through a bare connection, from one end of it to the first picture at the
 * other, in this browser and at this moment.
 */
async function barePicture() {
  const began = performance.now();
  const media = await navigator.mediaDevices.getUserMedia({ video: true });
  const [from, to] = [new RTCPeerConnection(), new RTCPeerConnection()];
  const video = Object.assign(document.createElement('video'), { muted: true });
  const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  to.ontrack = ({ track }) => {
    video.srcObject = new MediaStream([track]);
    video.play().catch(() => {});
  };
  from.addTrack(media.getTracks()[0]);
  for (const [one, other] of [[from, to], [to, from]]) {
    await one.setLocalDescription();
    while (one.iceGatheringState !== 'complete') await new Promise((resolve) => one.addEventListener('icegatheringstatechange', resolve, { once: true }));
    await other.setRemoteDescription(/** @type {RTCSessionDescription} */ (one.localDescription));
  }
  await shown;
  const ms = performance.now() - began;
  for (const end of [from, to]) end.close();
  for (const track of media.getTracks()) track.stop();
  return ms;
}

test('whoever reloads lands where they were: every state of both pages', IN_TIME, async (t) => {
  const pair = await aPair(t);
  const [claimant, adjuster] = pair.pages;
  await reloads(claimant, '#agree');
  await claimant.click('#agree');
  await claimant.locator('#check-done').waitFor();
  await reloads(claimant, '#check-done');
  await claimant.click('#check-done');
  await claimant.locator('#send').waitFor();
  await reloads(claimant, '#send');
  await claimant.fill('#claim', 'R1');
  await claimant.click('#send');
  await shows(claimant, 'waiting-position', '下一位就是您');
  await claimant.reload();
  await shows(claimant, 'waiting-position', '下一位就是您');

  await reloads(adjuster, '#start');
  await adjuster.click('#start');
  await shows(adjuster, 'ringing-claim', 'R1');
  await shows(claimant, 'waiting-title', '正在呼叫查勘员');
  await claimant.reload();
  await shows(claimant, 'waiting-title', '正在呼叫查勘员');
  await adjuster.reload();
  await shows(adjuster, 'ringing-claim', 'R1');
  await adjuster.click('#accept');
  await pair.meet();

  await claimant.reload();
  await pair.meet();
  await adjuster.reload();
  await pair.meet();
  await claimant.click('#hangup');
  await shows(claimant, 'ended-text', '您已挂断');
  await shows(adjuster, 'ended-text', '对方已挂断');
  await reloads(claimant, '#send:visible, #again:visible');
});

test('from accept to the first picture, by the clock of both pages; the adjuster hangs up', IN_TIME, async (t) => {
  const pair = await aPair(t);
  await pair.call('R2');
  const [claimant, adjuster] = await Promise.all(pair.pages.map(firstPicture));
  const bare = Math.max(...await Promise.all(pair.pages.map((page) => page.evaluate(barePicture))));
  const took = [claimant, adjuster, bare].map(Math.round);
  t.diagnostic(`accept to first remote picture: claimant ${took[0]} ms, adjuster ${took[1]} ms; a bare connection ${took[2]} ms`);
  const limit = Math.max(FIRST_PICTURE_MS, TIMES_BARE * bare);
  assert.ok(claimant <= limit && adjuster <= limit, `claimant ${took[0]} ms, adjuster ${took[1]} ms, against ${Math.round(limit)} ms`);
  await pair.adjuster.page.click('#hangup');
  await shows(pair.claimant.page, 'ended-text', '对方已挂断');
  await shows(pair.adjuster.page, 'ended-text', '您已挂断');
});

test('a claimant whose camera is refused calls by sound, and the adjuster hears it', IN_TIME, async (t) => {
  const pair = await Pair.open(browsers, server, {
    prepare: async (page, side) => {
      if (side === 'claimant') await page.addInitScript(refuseCamera);
    },
  });
  t.after(() => pair.end());
  const [claimant] = pair.pages;
  await pair.adjuster.becomesAvailable();
  await claimant.click('#agree');
  await shows(claimant, 'check-title', '没有获得摄像头权限');
  await claimant.click('#check-sound-only');
  await claimant.click('#check-done');
  await claimant.fill('#claim', 'R4');
  await claimant.click('#send');
  await pair.adjuster.accepts('R4');
  await Promise.all([pair.adjuster.meets({ picture: 'kkkkkkk', hz: CLAIMANT.hz }), pair.claimant.meets(ADJUSTER)]);
  await claimant.reload();
  await pair.adjuster.meets({ picture: 'kkkkkkk', hz: CLAIMANT.hz });
});

test('a claimant who closes the page while it rings is waited for, then rings no more', IN_TIME, async (t) => {
  const pair = await aPair(t);
  await pair.adjuster.becomesAvailable();
  await pair.claimant.calls('R3');
  await shows(pair.adjuster.page, 'ringing-claim', 'R3');
  await pair.claimant.page.close();
  await pair.adjuster.page.locator('#accept').waitFor({ state: 'hidden' });
});

/** Inside the page: the person lets the microphone be used, but not the camera. */
function refuseCamera() {
  const devices = navigator.mediaDevices;
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wish) => {
    if (wish?.video) throw new DOMException('Permission denied', 'NotAllowedError');
    return ask(wish);
  };
}
