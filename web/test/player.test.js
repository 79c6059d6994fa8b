import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pages } from './support/browser.js';

/** Long, for machines that are busy. */
const IN_TIME = { timeout: 240_000 };
const WAIT_MS = 120_000;

/** @type {Pages} */
let pages;

before(async () => {
  pages = await Pages.start();
}, IN_TIME);

after(() => pages?.stop(), IN_TIME);

/** A page with a player, which keeps what it tells in `told`. Its addresses lead nowhere: what plays is up to the test. */
async function playerPage() {
  const { page } = await pages.open('/call/', {});
  page.setDefaultTimeout(WAIT_MS);
  await page.evaluate(async () => {
    await import(new URL('/sdk/player.js', location.href).href);
    const all = /** @type {any} */ (window);
    all.told = [];
    all.player = document.body.appendChild(document.createElement('claimcall-player'));
    for (const name of ['status', 'blocked', 'quality', 'view', 'trouble']) {
      all.player.addEventListener(name, ({ detail }) => all.told.push(detail ? `${name} ${detail}` : name));
    }
    all.play = () => all.player.play([{ protocol: 'whep', url: '/whep/nowhere' }]);
    all.plays = () => all.player.video.dispatchEvent(new Event('playing'));
  });
  return page;
}

test('refused sound: it plays without, says so once, and a click lets it out', IN_TIME, async () => {
  const page = await playerPage();
  const seen = await page.evaluate(async () => {
    const { player, play, plays, told } = /** @type {any} */ (window);
    const { video } = player;
    video.play = async () => {
      if (!video.muted) throw new DOMException('a click first', 'NotAllowedError');
    };
    play();
    await new Promise((resolve) => player.addEventListener('blocked', resolve));
    plays();
    const before = [player.status, video.muted];
    player.muted = true;
    player.muted = false;
    const still = video.muted;
    video.play = async () => {};
    player.start();
    return { before, still, after: [player.status, video.muted], told: [...told] };
  });
  assert.deepEqual(seen.before, ['muted', true]);
  assert.equal(seen.still, true, 'what the browser holds back is not for the page to let out');
  assert.deepEqual(seen.after, ['playing', false]);
  assert.deepEqual(seen.told, ['status loading', 'blocked', 'status muted', 'status playing']);
});

test('a browser that refuses the picture as well needs the same click', IN_TIME, async () => {
  const page = await playerPage();
  const status = await page.evaluate(async () => {
    const { player, play } = /** @type {any} */ (window);
    player.video.play = async () => {
      throw new DOMException('a click first', 'NotAllowedError');
    };
    play();
    await new Promise((resolve) => player.addEventListener('blocked', resolve));
    return player.status;
  });
  assert.equal(status, 'muted');
});

test("the person's own wish for silence is no trouble", IN_TIME, async () => {
  const page = await playerPage();
  const seen = await page.evaluate(() => {
    const { player, play, plays } = /** @type {any} */ (window);
    player.muted = true;
    play();
    plays();
    return [player.status, player.video.muted];
  });
  assert.deepEqual(seen, ['playing', true]);
});

test('full screen, there and back', IN_TIME, async () => {
  const page = await playerPage();
  await page.evaluate(() => {
    const { player } = /** @type {any} */ (window);
    addEventListener('click', () => player.setFullScreen(!player.fullScreen), { capture: true });
  });
  for (const on of [true, false]) {
    await page.mouse.click(5, 5);
    await page.waitForFunction((wanted) => /** @type {any} */ (window).player.fullScreen === wanted, on);
  }
  await page.waitForFunction(() => /** @type {any} */ (window).told.filter((/** @type {string} */ it) => it === 'view').length === 2);
});

test('addresses that lead nowhere are tried twice before there is trouble, once', IN_TIME, async () => {
  const page = await playerPage();
  await page.evaluate(() => /** @type {any} */ (window).play());
  await page.waitForFunction(() => /** @type {any} */ (window).told.includes('trouble'));
  await page.evaluate(() => /** @type {any} */ (window).player.stop());
  const told = await page.evaluate(() => /** @type {any} */ (window).told);
  assert.deepEqual(told, ['status loading', 'trouble', 'status stopped']);
});
