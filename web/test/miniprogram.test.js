import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Adjuster } from './support/wx/adjuster.js';
import { Phone } from './support/wx/phone.js';
import { Server } from './support/server.js';
import { until } from './support/wx/until.js';

/** The pages of the mini-program with a real server, a real adjuster, and real streams to it. */

/** @type {Server} */
let server;
/** @type {Phone} */
let phone;
/** @type {Adjuster} */
let li;

before(async () => {
  server = await Server.start();
  phone = new Phone(server.origin);
  li = await Adjuster.ready(server.origin, 'li');
}, { timeout: 180_000 });

after(async () => {
  await li?.ends();
  await phone?.ends();
  await server?.stop();
});

/** @param {string} claim */
async function asksFor(claim) {
  await phone.sees('request');
  phone.types('claim', claim);
  phone.types('note', '右前门刮伤');
  if (!phone.data.agreed) phone.taps('agree');
  await until('the form is complete', () => phone.data.ready);
  phone.taps('send');
}

/** @param {string} claim */
async function isInCall(claim) {
  await asksFor(claim);
  await li.accepts(claim);
  await li.joins();
  await phone.sees('call');
  await until('live-pusher pushes', () => phone.data.push && phone.push);
  await li.films();
  await li.seesClaimant('publishing');
}

/** Every page names only what it has. */
function isComplete() {
  assert.deepEqual(phone.gaps(), { handlers: [], fields: [] }, `page ${phone.page}`);
}

/** The first test waits for the server to be built, too. */
const limit = { timeout: 240_000 };

test('nothing is asked of the server before the person agrees', limit, async () => {
  phone.opens({ claim_no: 'PA2026-0001' });
  await phone.sees('request');
  assert.equal(phone.data.claimNo, 'PA2026-0001');
  assert.equal(phone.wx.title, '视频查勘');
  isComplete();
  phone.taps('send');
  await until('the phone says what is missing', () => phone.wx.toasts.length > 0);
  assert.deepEqual([phone.wx.requests.length, phone.wx.sockets.count], [0, 0]);
});

test('English is complete, and the choice is remembered', limit, async () => {
  phone.taps('language');
  await until('the page speaks English', () => phone.wx.title === 'Video inspection');
  assert.doesNotMatch(phone.text.replace('中文', ''), /[\u4e00-\u9fff]/);
  phone.taps('language');
  await until('the page speaks Chinese', () => phone.wx.title === '视频查勘');
  assert.equal(phone.wx.storage.get('claimcall.lang'), 'zh');
});

test('without camera and microphone the page explains, and goes on when they are allowed', limit, async () => {
  phone.wx.allowed = { 'scope.camera': false, 'scope.record': false };
  await asksFor('PA2026-0002');
  await until('the page explains', () => phone.find('denied'));
  assert.match(phone.text, /去设置/);
  assert.equal(phone.wx.sockets.count, 0);
  phone.allows();
  await until('the explanation is gone', () => !phone.find('denied'));
});

test('a request waits in the queue, and the person may leave it', limit, async () => {
  await li.client.setAvailability('away');
  await asksFor('PA2026-0003');
  await phone.sees('queue');
  await until('the place is shown', () => phone.data.position === '下一位就是您');
  isComplete();
  assert.equal(phone.wx.screenOn, true);
  const [wechat, dev] = phone.wx.requests;
  assert.deepEqual([wechat.path, dev.path], ['/api/v1/login/wechat', '/api/v1/login/dev']);
  assert.equal(wechat.data.claim_no, 'PA2026-0003');
  assert.match(wechat.data.code, /^code-/);
  phone.taps('cancel');
  await phone.sees('result');
  isComplete();
  assert.match(phone.text, /未能接通.*您已取消/);
  assert.equal(phone.wx.screenOn, false);
  phone.taps('done');
  await phone.sees('request');
  await li.client.setAvailability('available');
});

test('a call: the streams are bound to live-pusher and live-player with the profile', limit, async () => {
  await isInCall('PA2026-0004');
  const streams = phone.session.state.streams;
  const { profile } = streams;
  const push = phone.attributes('pusher');
  assert.equal(push.url, streams.push.find(({ protocol }) => protocol === 'rtmp').url);
  assert.match(push.url, /^rtmp:\/\/.+-c-g1\?/);
  const bound = ['mode', 'min-bitrate', 'max-bitrate', 'fps', 'video-width', 'video-height', 'audio-quality', 'enable-agc', 'enable-ans'];
  assert.deepEqual(bound.map((name) => push[name]), [
    'RTC', profile.min_bitrate_kbps, profile.max_bitrate_kbps, profile.fps, profile.width, profile.height,
    profile.audio_quality, profile.enable_agc, profile.enable_ans,
  ]);
  assert.deepEqual([push['device-position'], push['enable-camera'], push.muted], ['back', true, false]);
  const play = phone.attributes('player');
  assert.match(play.src, /^rtmp:\/\/.+-a-g1\?/);
  assert.deepEqual([play.mode, play['min-cache'], play['max-cache'], play['object-fit']], ['RTC', 0.2, 0.8, 'fillCrop']);
  assert.ok(phone.asked.includes('pusher.start') && phone.asked.includes('player.play'));
  isComplete();
});

test('mute, picture, camera and light', limit, async () => {
  phone.taps('mute');
  await until('it is muted', () => phone.attributes('pusher').muted === true);
  assert.equal(phone.attributes('pusher')['enable-mic'], true, 'a muted phone sends silence, not nothing');
  phone.taps('torch');
  await until('the light is on', () => phone.data.torch);
  phone.taps('flip');
  await until('the front camera has no light', () => !phone.find('torch'));
  assert.deepEqual(phone.asked.slice(-3), ['pusher.toggleTorch', 'pusher.toggleTorch', 'pusher.switchCamera']);
  phone.taps('camera');
  await until('sound only', () => phone.attributes('pusher')['enable-camera'] === false);
  assert.match(phone.text, /只有声音/);
  phone.taps('camera');
  phone.taps('mute');
  await until('all is on again', () => phone.data.camera && !phone.data.muted);
});

/** @param {() => void} trouble  @param {number} generation */
async function getsFreshStreams(trouble, generation) {
  trouble();
  await until(`streams of generation ${generation}`, () => phone.data.generation === generation && phone.push);
  assert.match(phone.attributes('pusher').url, new RegExp(`-c-g${generation}\\?`));
  assert.match(phone.attributes('player').src, new RegExp(`-a-g${generation}\\?`));
  await li.films();
  await li.seesClaimant('publishing');
}

test('when WeChat gives up, or the server closes, both sides get fresh streams', limit, async () => {
  phone.asked.length = 0;
  await getsFreshStreams(() => phone.says('pusher', -1307), 2);
  const stopped = phone.asked.indexOf('pusher.stop');
  assert.ok(stopped >= 0 && stopped < phone.asked.indexOf('pusher.start'), 'stopped before it starts again');
  await getsFreshStreams(() => phone.says('pusher', 3004), 3);
  assert.equal(li.streams?.generation, 3);
});

test('warnings are said and change no stream', limit, async () => {
  phone.says('pusher', 1101);
  await until('the weak network is said', () => /网络较弱/.test(phone.text));
  phone.says('pusher', 1102);
  await until('the retry is said', () => /画面中断，正在恢复/.test(phone.text));
  phone.says('player', 2103);
  await until('the retry of the player is said', () => phone.data.theirs.includes('正在恢复'));
  phone.says('pusher', 1002);
  phone.says('player', 2004);
  await until('all is well', () => phone.data.own === '' && phone.data.theirs === '');
  assert.equal(phone.data.generation, 3);
});

test('a player that gave up takes the next address before it asks for new ones', limit, async () => {
  await until('the adjuster publishes', () => phone.session.state.call.legs.adjuster.link === 'publishing');
  phone.says('player', -2301);
  await until('FLV is tried', () => /\.flv\?/.test(phone.attributes('player').src));
  await until('it plays', () => phone.asked.at(-1) === 'player.play');
  await getsFreshStreams(() => phone.says('player', -2301), 4);
});

test('what WeChat measures is reported, and a weak uplink gets a smaller profile', limit, async () => {
  const before = phone.attributes('pusher')['max-bitrate'];
  const weak = setInterval(() => {
    phone.measures('pusher', { videoBitrate: 90.4, audioBitrate: 30, videoFPS: 4, netQualityLevel: 5 });
  }, 500);
  try {
    await until('the bit rate goes down', () => phone.attributes('pusher')['max-bitrate'] < before, 40_000);
    await until('sound alone is proposed', () => phone.find('proposal'), 40_000);
  } finally {
    clearInterval(weak);
  }
  assert.equal(phone.attributes('pusher')['enable-camera'], true, 'never without asking');
  isComplete();
  phone.taps('sound-only');
  await until('sound alone', () => phone.attributes('pusher')['enable-camera'] === false && !phone.find('proposal'));
  assert.equal(phone.data.generation, 4);
  phone.taps('camera');
});

test('a phone call interrupts, and the video goes on after it', limit, async () => {
  phone.says('pusher', 5001);
  await until('the interruption is said', () => /有电话打入/.test(phone.text));
  await getsFreshStreams(() => phone.wx.tells('AudioInterruptionEnd'), 5);
});

test('another network: a new socket of the same session, and fresh streams', limit, async () => {
  phone.wx.tells('NetworkStatusChange', { isConnected: true, networkType: 'wifi' });
  const { session } = phone.session.state;
  const sockets = phone.wx.sockets.count;
  await phone.moves('5g');
  await getsFreshStreams(() => {}, 6);
  assert.equal(phone.session.state.session.id, session.id);
  assert.ok(phone.wx.sockets.count > sockets);
});

test('30 s in the background with a dead socket: the same call when the person comes back', limit, async () => {
  const { id } = phone.session.state.call;
  const { session } = phone.session.state;
  await phone.hides();
  await li.seesClaimant('lost');
  await pause(30_000);
  assert.equal(li.call?.state, 'active');
  const back = performance.now();
  phone.shows();
  await getsFreshStreams(() => {}, 7);
  assert.ok(performance.now() - back < 15_000);
  assert.deepEqual([phone.session.state.call.id, phone.session.state.session.id, phone.page], [id, session.id, 'call']);
});

test('WeChat ends the program: opened again, it is in the same call', limit, async () => {
  const { id } = phone.session.state.call;
  const { requests } = phone.wx;
  requests.length = 0;
  await phone.dies();
  await li.seesClaimant('lost');
  phone.opens();
  await phone.sees('call');
  await getsFreshStreams(() => {}, 8);
  assert.equal(phone.session.state.call.id, id);
  assert.equal(requests.length, 0, 'the kept token was good');
});

test('the adjuster hangs up: the streams stop, and the result says so', limit, async () => {
  phone.asked.length = 0;
  await li.client.hangup(String(li.call?.id));
  await phone.sees('result');
  await until('live-pusher stopped', () => phone.asked.includes('pusher.stop') && !phone.push);
  assert.match(phone.text, /通话已结束.*查勘员已挂断.*通话时长/);
  assert.equal(phone.wx.screenOn, false);
});

test('the claimant hangs up, in the next call', limit, async () => {
  phone.taps('done');
  await li.client.setAvailability('available');
  await isInCall('PA2026-0005');
  phone.taps('hangup');
  await phone.sees('result');
  assert.match(phone.text, /您已挂断/);
  await until('the adjuster is told', () => li.call?.end?.reason === 'hangup' && li.call.end.by === 'claimant');
});

test('a call that ended while the program was gone is not left without a word', limit, async () => {
  phone.taps('done');
  await li.client.setAvailability('available');
  await isInCall('PA2026-0006');
  await phone.dies();
  await li.client.hangup(String(li.call?.id));
  phone.opens();
  await phone.sees('result');
  isComplete();
  assert.match(phone.text, /通话已结束/);
  phone.taps('done');
  await phone.sees('request');
});

test('an adjuster calls directly: declined once, then accepted', limit, async () => {
  const { user } = phone.session.state.session;
  await li.client.setAvailability('available');
  await li.client.invite({ user: user.id, claim_no: 'PA2026-0007' });
  await phone.sees('ringing');
  isComplete();
  assert.match(phone.text, /查勘员来电.*李工.*PA2026-0007/);
  phone.taps('reject');
  await until('the adjuster is told', () => li.call?.end?.reason === 'rejected');
  await phone.sees('request');
  await li.client.setAvailability('available');
  await li.client.invite({ user: user.id, claim_no: 'PA2026-0007' });
  await phone.sees('ringing');
  phone.taps('accept');
  await phone.sees('call');
  await li.joins();
  await until('live-pusher pushes', () => phone.data.push && phone.push);
  phone.taps('hangup');
  await phone.sees('result');
});
