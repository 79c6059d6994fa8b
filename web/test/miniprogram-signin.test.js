import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildProject } from './support/wx/project.js';

/** How the mini-program gets a token, with a server that answers as it is told. */

const require = createRequire(import.meta.url);
const project = buildProject('https://hub.test');
const { SignIn } = require(join(project.folder, 'lib/signin.js'));

after(() => project.remove());

/** A phone whose server gives the answers of a list, one for each request. */
function phoneWith(/** @type {{status: number, data?: any}[]} */ ...answers) {
  /** @type {Map<string, any>} */
  const storage = new Map();
  /** @type {{url: string, data: any}[]} */
  const asked = [];
  const wx = {
    getStorageSync: (/** @type {string} */ key) => storage.get(key) ?? '',
    setStorageSync: (/** @type {string} */ key, /** @type {any} */ value) => storage.set(key, value),
    removeStorageSync: (/** @type {string} */ key) => storage.delete(key),
    login: (/** @type {any} */ { success }) => success({ code: 'code-1' }),
    request: (/** @type {any} */ { url, data, success, fail }) => {
      asked.push({ url, data });
      const { status, data: body } = answers.shift() ?? { status: 0 };
      if (status === 0) fail({ errMsg: 'request:fail' });
      else success({ statusCode: status, data: body });
    },
  };
  return { wx, asked, storage, signIn: () => new SignIn({ wx, server: 'https://hub.test' }) };
}

const soon = () => new Date(Date.now() + 3_600_000).toISOString();

test('WeChat’s code and the claim number become a token', async () => {
  const expires = soon();
  const phone = phoneWith({ status: 200, data: { token: 't1', expires_at: expires } });
  const signIn = phone.signIn();
  assert.equal(signIn.known, false);
  assert.equal(signIn.use('PA1'), true);
  assert.deepEqual(await signIn.token(), { token: 't1', expiresAt: expires });
  assert.deepEqual(phone.asked, [{ url: 'https://hub.test/api/v1/login/wechat', data: { code: 'code-1', claim_no: 'PA1' } }]);
});

test('a kept token serves the next start once; who asks again gets a new one', async () => {
  const phone = phoneWith({ status: 200, data: { token: 't1', expires_at: soon() } }, { status: 200, data: { token: 't2', expires_at: soon() } });
  const first = phone.signIn();
  first.use('PA1');
  await first.token();
  const second = phone.signIn();
  assert.equal(second.known, true);
  assert.equal((await second.token()).token, 't1');
  assert.equal((await second.token()).token, 't2', 'the hub refused t1, or the client would not ask again');
});

test('a token of another claim, or one that is about to run out, is not used', async () => {
  const phone = phoneWith({ status: 200, data: { token: 't1', expires_at: soon() } });
  const signIn = phone.signIn();
  signIn.use('PA1');
  await signIn.token();
  assert.equal(phone.signIn().use('PA1'), false);
  assert.equal(phone.signIn().use('PA2'), true);
  assert.equal(phone.signIn().known, false);
  phone.storage.set('claimcall.signin', { token: 't1', expiresAt: new Date(Date.now() + 30_000).toISOString(), claimNo: '' });
  assert.equal(phone.signIn().known, false);
});

test('a development server without WeChat lets the same person in each time', async () => {
  const phone = phoneWith({ status: 404 }, { status: 200, data: { token: 'd1' } }, { status: 404 }, { status: 200, data: { token: 'd2' } });
  const signIn = phone.signIn();
  assert.equal((await signIn.token()).token, 'd1');
  assert.equal((await signIn.token()).token, 'd2');
  const people = phone.asked.filter(({ url }) => url.endsWith('/dev')).map(({ data }) => data);
  assert.equal(people[0].role, 'claimant');
  assert.equal(people[0].sub, people[1].sub);
});

test('what will not change is final, and what may pass is tried again', async () => {
  const outcome = async (/** @type {{status: number, data?: any}[]} */ ...answers) => {
    const error = await phoneWith(...answers).signIn().token().catch((/** @type {any} */ failed) => failed);
    return [error.code, error.retry];
  };
  assert.deepEqual(await outcome({ status: 404 }, { status: 404 }), ['signin_off', false]);
  assert.deepEqual(await outcome({ status: 401, data: { error: { code: 'unauthorized' } } }), ['unauthorized', false]);
  assert.deepEqual(await outcome({ status: 403, data: { error: { code: 'forbidden' } } }), ['forbidden', false]);
  assert.deepEqual(await outcome({ status: 429, data: { error: { code: 'rate_limited' } } }), ['rate_limited', true]);
  assert.deepEqual(await outcome({ status: 502, data: '<html>' }), ['unavailable', true]);
  assert.deepEqual(await outcome({ status: 0 }), ['unavailable', true]);
  const phone = phoneWith();
  phone.wx.login = ({ fail }) => fail({});
  const error = await phone.signIn().token().catch((/** @type {any} */ failed) => failed);
  assert.deepEqual([error.code, error.retry, phone.asked.length], ['wechat', true, 0]);
});
