import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { Server } from './support/server.js';

/** @import { Browser, Page } from 'playwright-core' */

const IN_TIME = { timeout: 300_000 };

/** @type {Server} */
let server;
/** @type {Browser} */
let browser;

before(async () => {
  server = await Server.start();
  browser = await launchBrowser();
}, IN_TIME);

after(async () => {
  await browser?.close();
  await server?.stop();
});

/**
 * A page on which two people of the SDK call each other: `all.li` answers what `all.zhang` asks for. Each has a client, a
 * player and a publisher.
 */
async function aCallOnOnePage() {
  const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(`${server.origin}/`);
  await page.evaluate(async () => {
    const all = /** @type {any} */ (window);
    const at = (/** @type {string} */ path) => new URL(path, location.href).href;
    const { Client } = await import(at('/sdk/index.js'));
    await Promise.all([import(at('/sdk/player.js')), import(at('/sdk/publisher.js'))]);
    const signIn = async (/** @type {string} */ role, /** @type {string} */ sub) => {
      const body = JSON.stringify({ role, sub, name: sub });
      const response = await fetch('/api/v1/login/dev', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      return (await response.json()).token;
    };
    const somebody = (/** @type {string} */ role, /** @type {string} */ name) => {
      const client = new Client({ url: at('/ws').replace(/^http/, 'ws'), tokenSource: () => signIn(role, name) });
      const [player, publisher] = ['player', 'publisher'].map((tag) => document.body.appendChild(document.createElement(`claimcall-${tag}`)));
      client.on('state', (/** @type {any} */ { call, streams }) => {
        if (call?.state === 'connecting' && !call.legs[role].joined && !all[`${name}Joins`]) {
          all[`${name}Joins`] = true;
          client.join(call.id);
        }
        if (!streams) return;
        all[`${name}Asked`] ??= performance.now();
        player.play(streams.play);
        publisher.publish(streams.push, streams.profile);
      });
      player.addEventListener('firstframe', ({ detail }) => {
        all[`${name}First`] = detail;
      });
      client.connect();
      return { client, player, publisher };
    };
    all.li = somebody('adjuster', 'li');
    all.zhang = somebody('claimant', 'zhang');
    const online = ({ client }) => new Promise((resolve) => {
      client.on('connection', ({ status }) => status === 'online' && resolve(undefined));
    });
    await Promise.all([online(all.li), online(all.zhang)]);
    all.li.client.on('call.invite', ({ call }) => all.li.client.accept(call.id));
    await all.li.client.setAvailability('available');
    await all.zhang.client.request({ claim_no: 'PA2026-0001' });
  });
  return page;
}

/**
 * @param {Page} page
 * @param {string} name
 */
async function sees(page, name) {
  await page.waitForFunction((who) => {
    const { player, publisher } = /** @type {any} */ (window)[who];
    return player.status === 'playing' && publisher.status === 'publishing' && player.video.videoWidth > 0;
  }, name);
}

/**
 * Inside the page: whether somebody sees nothing but black, in a picture that goes on.
 *
 * @param {string} name
 */
function isBlack(name) {
  const { video } = /** @type {any} */ (window)[name].player;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [8, 8];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(video, 0, 0, 8, 8);
  const { data } = context.getImageData(0, 0, 8, 8);
  return data.every((value, i) => i % 4 === 3 || value < 32);
}

test('a whole call by the SDK alone, also when a camera is pulled out', IN_TIME, async () => {
  const page = await aCallOnOnePage();
  await Promise.all([sees(page, 'li'), sees(page, 'zhang')]);

  for (const name of ['li', 'zhang']) {
    const { ms, protocol } = await page.evaluate((who) => /** @type {any} */ (window)[`${who}First`], name);
    assert.equal(protocol, 'whep');
    assert.ok(ms > 0 && ms < 120_000, `first picture after ${ms} ms`);
  }

  const measured = await page.evaluate(async () => {
    const { li } = /** @type {any} */ (window);
    await Promise.all([li.player.measure(), li.publisher.measure()]);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const [play, push] = await Promise.all([li.player.measure(), li.publisher.measure()]);
    return { play, push, words: [li.player.quality, li.publisher.quality], shown: li.player.dataset.quality };
  });
  assert.ok(measured.play.fps > 0 && measured.push.video_kbps > 0);
  assert.ok(measured.words.every((/** @type {string} */ word) => ['good', 'weak', 'bad'].includes(word)));
  assert.equal(measured.shown, measured.words[0]);

  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('none', 'NotFoundError');
    };
    const [track] = /** @type {any} */ (window).li.publisher.media.getVideoTracks();
    track.stop();
    track.dispatchEvent(new Event('ended'));
  });
  await page.waitForFunction(isBlack, 'zhang');

  await page.evaluate(() => {
    const { zhang } = /** @type {any} */ (window);
    return zhang.client.hangup(zhang.client.state.call.id);
  });
  await page.waitForFunction(() => /** @type {any} */ (window).li.client.state.call.end?.reason === 'hangup');
  await page.context().close();
});
