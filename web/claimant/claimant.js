import { byId, onClick, setText, showScreen } from '../ui/dom.js';
import { duration, minutes, secondsUntil } from '../ui/format.js';
import { Language } from '../ui/language.js';
import { Page } from '../ui/page.js';
import { Ring } from '../ui/ring.js';
import { Seat } from '../ui/seat.js';
import { SignIn } from '../ui/signin.js';
import { sharedWords } from '../ui/words.js';
import { screenOf } from './screen.js';
import { claimantWords } from './words.js';

/** @import { State } from '../sdk/state.js' */
/** @import { CallView } from '../sdk/wire.js' */

const language = new Language(sharedWords, claimantWords);
const signIn = new SignIn('claimant');
const page = new Page({ language, signIn, name: 'claimcall-claimant', facing: 'environment', redraw: draw });
const { client } = page;
const seat = new Seat(client, signIn);
const ring = new Ring();

/** The ended call whose result has been read. */
let dismissed = /** @type {string | null} */ (null);
/** Stays the same while one wish is repeated, so that it makes one call. */
let requestId = client.newId();

function draw() {
  const { state } = client;
  const screen = screenOf(state, { holds: (call) => seat.holds(call), dismissed });
  if (!ring.ringing) document.title = language.t('page.title');
  drawRinging(state);
  if (state.call) {
    drawWaiting(state, state.call);
    drawCall(state.call);
    drawEnded(state.call);
  }
  page.media.draw(screen === 'call' ? state.streams : null, byId('call-state').textContent ?? '');
  showScreen(screen);
  if (screen === 'ringing') ring.start(language.t('ringing.alert'));
  else ring.stop();
}

/**
 * @param {State} state
 * @param {CallView} call
 */
function drawWaiting({ queue }, call) {
  setText('waiting-title', language.t(call.state === 'ringing' ? 'waiting.ringing' : 'waiting.title'));
  const first = queue?.position === 1;
  setText('waiting-position', queue ? language.t(first ? 'waiting.first' : 'waiting.position', { position: queue.position }) : '');
  setText('waiting-wait', queue ? language.t('waiting.wait', { minutes: minutes(queue.waitMs) }) : '');
  setText('waiting-time', language.t('waiting.time', { time: duration(page.now - Date.parse(call.created_at)) }));
}

/** @param {State} state */
function drawRinging({ invites: [invite] }) {
  if (!invite) return;
  setText('ringing-name', invite.call.legs.adjuster?.name ?? '');
  setText('ringing-claim', invite.call.claim_no);
  setText('ringing-left', language.t('ringing.left', { seconds: secondsUntil(invite.expiresAt, page.now) }));
}

/** @param {CallView} call */
function drawCall(call) {
  const { claimant, adjuster } = call.legs;
  const entering = claimant.joined ? 'call.waiting' : 'call.connecting';
  setText('call-state', language.t(call.state === 'active' ? 'call.active' : entering));
  setText('call-time', page.durationWords(call));
  setText('call-name', adjuster?.name || adjuster?.user || '');
  setText('call-claim', call.claim_no);
  setText('call-peer', adjuster ? page.linkWords(adjuster) : '');
  byId('call-peer').dataset.link = adjuster?.link ?? '';
}

/** @param {CallView} call */
function drawEnded(call) {
  const time = page.durationWords(call);
  setText('ended-title', language.t(call.accepted_at ? 'ended.title' : 'ended.title.missed'));
  setText('ended-text', page.endWords(call));
  setText('ended-time', time && language.t('end.duration', { time }));
}

async function request() {
  const claim = /** @type {HTMLInputElement} */ (byId('claim'));
  const note = /** @type {HTMLTextAreaElement} */ (byId('note'));
  const { call } = await client.request({
    request_id: requestId,
    claim_no: claim.value.trim(),
    note: note.value.trim() || undefined,
  });
  seat.reserve(call.id);
  requestId = client.newId();
}

function accept() {
  const [invite] = client.state.invites;
  if (!invite) return;
  seat.reserve(invite.call.id);
  return page.attempt(() => client.accept(invite.call.id));
}

function reject() {
  const [invite] = client.state.invites;
  return invite && page.attempt(() => client.reject(invite.call.id));
}

/** @param {(call: CallView) => Promise<unknown>} command */
const withCall = (command) => () => {
  const { call } = client.state;
  return call && page.attempt(() => command(call));
};

byId('request').addEventListener('submit', async (event) => {
  event.preventDefault();
  const send = /** @type {HTMLButtonElement} */ (byId('send'));
  send.disabled = true;
  await page.attempt(request);
  send.disabled = false;
});
for (const id of ['claim', 'note']) {
  byId(id).addEventListener('input', () => {
    requestId = client.newId();
  });
}
onClick('cancel', withCall((call) => client.cancel(call.id)));
onClick('accept', accept);
onClick('reject', reject);
onClick('hangup', withCall((call) => client.hangup(call.id)));
onClick('refresh', withCall((call) => client.refreshStreams(call.id, 'network')));
onClick('here', withCall((call) => seat.take(call)));
onClick('again', () => {
  dismissed = client.state.call?.id ?? null;
  page.draw();
});

page.start();
