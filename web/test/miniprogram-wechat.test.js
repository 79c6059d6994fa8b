import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { Phone } from './support/wx/phone.js';
import { Server } from './support/server.js';
import { until } from './support/wx/until.js';

/** Sign-in as it is in earnest: WeChat's code, which the server trades at WeChat, here at a stand-in. */

/** @type {Server} */
let server;
/** @type {Phone} */
let phone;
/** What the server asked WeChat. @type {URLSearchParams[]} */
const traded = [];

const wechat = createServer((request, response) => {
  const { searchParams } = new URL(String(request.url), 'http://wechat.test');
  traded.push(searchParams);
  const known = searchParams.get('js_code')?.startsWith('code-');
  // WeChat says text/plain whatever it sends.
  response.setHeader('content-type', 'text/plain');
  response.end(JSON.stringify(known ? { openid: 'openid-of-wang', session_key: 'k' } : { errcode: 40029, errmsg: 'invalid code' }));
});

before(async () => {
  await once(wechat.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (wechat.address());
  server = await Server.start(['--wechat-appid', 'wx0123456789', '--wechat-secret', 'of-the-mini-program', '--wechat-api', `http://127.0.0.1:${port}`]);
  phone = new Phone(server.origin);
}, { timeout: 180_000 });

after(async () => {
  await phone?.ends();
  await server?.stop();
  wechat.close();
});

test('a claimant signs in by WeChat, and the openid goes nowhere', { timeout: 240_000 }, async () => {
  phone.opens({ claim_no: 'PA2026-0001' });
  await phone.sees('request');
  phone.taps('agree');
  await until('the form is complete', () => phone.data.ready);
  phone.taps('send');
  await phone.sees('queue');
  assert.deepEqual(phone.wx.requests.map(({ path }) => path), ['/api/v1/login/wechat']);
  assert.deepEqual([traded.length, traded[0].get('appid'), traded[0].get('js_code')], [1, 'wx0123456789', 'code-1']);
  const { user } = phone.session.state.session;
  assert.equal(user.role, 'claimant');
  assert.doesNotMatch(JSON.stringify([...phone.wx.storage.values(), user]), /openid-of-wang/);
  assert.equal(phone.session.state.call.claim_no, 'PA2026-0001');
});

test('the next start needs no WeChat, and another claim a new token', { timeout: 240_000 }, async () => {
  phone.taps('cancel');
  await phone.sees('result');
  await phone.dies();
  phone.opens();
  await until('the phone is online again', () => phone.session.state.connection.status === 'online');
  assert.equal(traded.length, 1);
  const { user } = phone.session.state.session;
  phone.types('claim', 'PA2026-0002');
  await until('the form is complete', () => phone.data.ready);
  phone.taps('send');
  await phone.sees('queue');
  assert.equal(traded.length, 2);
  assert.equal(phone.session.state.call.claim_no, 'PA2026-0002');
  assert.equal(phone.session.state.session.user.id, user.id, 'the same person');
});
