import { byId, onClick, setText, showScreen } from '../ui/dom.js';
import { endWords } from '../ui/end.js';
import { duration, minutes, secondsUntil } from '../ui/format.js';
import { Language } from '../ui/language.js';
import { wirePublish } from '../ui/publish.js';
import { Ring } from '../ui/ring.js';
import { Seat } from '../ui/seat.js';
import { SignIn } from '../ui/signin.js';
import { sharedWords } from '../ui/words.js';
import { Awake } from './awake.js';
import { Check } from './check.js';
import { Frame } from './frame.js';
import { Memory } from './memory.js';
import { askForDevices } from './permission.js';
import { resultOf } from './result.js';
import { Ringback } from './ringback.js';
import { screenOf } from './screen.js';
import { Talk } from './talk.js';
import { claimantWords } from './words.js';

/** @import { State } from '../sdk/core/state.js' */
/** @import { CallView } from '../sdk/core/wire.js' */

/** Screens during which the phone must not fall asleep. */
const AWAKE = new Set(['waiting', 'ringing', 'call']);
/** A short buzz when a call is there. */
const BUZZ_MS = 300;

const language = new Language(sharedWords, claimantWords);
const signIn = new SignIn('claimant');
const memory = new Memory(signIn);
const frame = new Frame({ language, signIn, redraw: draw });
const { client } = frame;
const seat = new Seat(client, signIn);
const ring = new Ring();
const ringback = new Ringback();
const awake = new Awake();
const check = new Check({ language, done: checked });
const talk = new Talk({ client, language, redraw: draw });
const form = {
  claim: /** @type {HTMLInputElement} */ (byId('claim')),
  note: /** @type {HTMLTextAreaElement} */ (byId('note')),
};

/** The ended call whose result has been read. */
let dismissed = /** @type {string | null} */ (null);
let declined = false;
/** Stays the same while one wish is repeated, so that it makes one call. */
let requestId = client.newId();
let shown = '';

function draw() {
  const { state } = client;
  const consent = memory.consent ? 'given' : declined ? 'declined' : 'open';
  const screen = screenOf(state, { holds: (call) => seat.holds(call), dismissed, consent, checked: memory.media !== null, demo: signIn.inDemo });
  if (!ring.ringing) document.title = language.t('page.title');
  frame.draw(state);
  drawBefore(state);
  drawRinging(state);
  if (state.call) {
    drawWaiting(state, state.call);
    drawEnded(state.call);
  }
  check.show(screen === 'check');
  talk.draw(screen === 'call' ? state.call : null, { media: memory.media ?? 'video', facing: check.facing, time: state.call ? timeOf(state.call) : '' });
  show(screen, state);
}

/**
 * @param {string} screen
 * @param {State} state
 */
function show(screen, { call }) {
  document.body.dataset.screen = screen;
  showScreen(screen);
  awake.keep(AWAKE.has(screen));
  ringback.rings(screen === 'waiting' && call?.state === 'ringing');
  if (screen === 'ringing') ring.start(language.t('ringing.alert'));
  else ring.stop();
  if (screen === shown) return;
  if (screen === 'ringing' || (screen === 'call' && shown === 'waiting')) navigator.vibrate?.(BUZZ_MS);
  if (screen !== 'waiting') closeDialog();
  shown = screen;
}

/** @param {State} state */
function drawBefore({ session }) {
  const { name, claimNo } = memory.claims;
  const called = session?.user.name ?? name;
  setText('consent-title', language.t(called ? 'consent.title' : 'consent.title.plain', { name: called }));
  for (const id of ['consent-claim', 'demo-claim']) setText(id, claimNo && language.t('consent.claim', { claim: claimNo }));
  byId('bound').hidden = !claimNo;
  setText('bound-claim', claimNo);
  byId('claim-field').hidden = claimNo !== '';
  form.claim.required = claimNo === '';
  byId('request-sound').hidden = memory.media !== 'audio';
}

/**
 * @param {State} state
 * @param {CallView} call
 */
function drawWaiting({ queue }, call) {
  const rings = call.state === 'ringing';
  const first = queue?.position === 1;
  byId('waiting').dataset.rings = String(rings);
  setText('waiting-title', language.t(rings ? 'waiting.ringing' : 'waiting.title'));
  setText('waiting-place', queue && !rings ? String(queue.position) : '');
  setText('waiting-position', queue && !rings ? language.t(first ? 'waiting.first' : 'waiting.position', { position: queue.position }) : '');
  setText('waiting-wait', queue && !rings ? language.t('waiting.wait', { minutes: minutes(queue.waitMs) }) : '');
  setText('waiting-time', language.t('waiting.time', { time: duration(now() - Date.parse(call.created_at)) }));
}

/** @param {State} state */
function drawRinging({ invites: [invite] }) {
  if (!invite) return;
  setText('ringing-name', invite.call.legs.adjuster?.name ?? '');
  setText('ringing-claim', invite.call.claim_no);
  setText('ringing-left', language.t('ringing.left', { seconds: secondsUntil(invite.expiresAt, now()) }));
  byId('ringing-consent').hidden = memory.consent;
}

/** @param {CallView} call */
function drawEnded(call) {
  const { kind, word, redial } = resultOf(call);
  const time = timeOf(call);
  const adjuster = call.active_at ? call.legs.adjuster?.name ?? '' : '';
  byId('ended').dataset.kind = kind;
  setText('ended-title', language.t(`result.${word}.title`));
  setText('ended-text', endWords(call, language));
  setText('ended-next', language.t(`result.${word}.next`));
  setText('ended-claim', call.claim_no);
  setText('ended-name', adjuster);
  byId('ended-name-row').hidden = adjuster === '';
  setText('ended-time', time);
  byId('ended-time-row').hidden = time === '';
  byId('redial').hidden = !redial;
}

/**
 * How long both sides have been in the call; empty if they never met.
 *
 * @param {CallView} call
 */
function timeOf(call) {
  if (!call.active_at) return '';
  return duration((call.ended_at ? Date.parse(call.ended_at) : now()) - Date.parse(call.active_at));
}

/** Now, by the hub's clock. */
function now() {
  return Date.now() + client.state.clockOffsetMs;
}

/** @param {'video' | 'audio'} media */
function checked(media) {
  memory.media = media;
  draw();
}

/** @param {{claim_no: string, note?: string}} wish */
async function request({ claim_no, note }) {
  const media = memory.media ?? 'video';
  const { call } = await client.request({ request_id: requestId, claim_no, note: note || undefined, media });
  seat.reserve(call.id);
  requestId = client.newId();
}

/** One click that agrees and calls. The browser asks for the devices now: it would not, once another tab is in front. */
async function callInDemo() {
  memory.giveConsent();
  memory.media = 'video';
  askForDevices();
  await frame.attempt(() => request({ claim_no: memory.claims.claimNo }));
}

function accept() {
  const [invite] = client.state.invites;
  if (!invite) return;
  memory.giveConsent();
  seat.reserve(invite.call.id);
  return frame.attempt(() => client.accept(invite.call.id));
}

function reject() {
  const [invite] = client.state.invites;
  return invite && frame.attempt(() => client.reject(invite.call.id));
}

/** @param {(call: CallView) => Promise<unknown>} command */
const withCall = (command) => () => {
  const { call } = client.state;
  return call && frame.attempt(() => command(call));
};

const dialog = /** @type {HTMLDialogElement} */ (byId('leave'));

function closeDialog() {
  if (dialog.open) dialog.close();
}

/** @param {() => void} change  of what has been read or agreed to */
const then = (change) => () => {
  change();
  draw();
};

byId('request').addEventListener('submit', async (event) => {
  event.preventDefault();
  const send = /** @type {HTMLButtonElement} */ (byId('send'));
  send.disabled = true;
  const claim = memory.claims.claimNo || form.claim.value.trim();
  await frame.attempt(() => request({ claim_no: claim, note: form.note.value.trim() }));
  send.disabled = false;
});
for (const field of [form.claim, form.note]) {
  field.addEventListener('input', () => {
    requestId = client.newId();
  });
}
onClick('demo-call', callInDemo);
onClick('agree', then(() => memory.giveConsent()));
onClick('disagree', then(() => (declined = true)));
onClick('reconsider', then(() => (declined = false)));
onClick('recheck', then(() => (memory.media = null)));
onClick('cancel', () => dialog.showModal());
onClick('stay', closeDialog);
onClick('leave-now', withCall(async (call) => {
  closeDialog();
  await client.cancel(call.id);
}));
onClick('accept', accept);
onClick('reject', reject);
onClick('hangup', withCall((call) => client.hangup(call.id)));
onClick('refresh', withCall((call) => client.refreshStreams(call.id, 'network')));
onClick('retry-camera', withCall((call) => client.refreshStreams(call.id, 'network')));
onClick('here', withCall((call) => seat.take(call)));
onClick('again', then(() => (dismissed = client.state.call?.id ?? null)));
onClick('redial', withCall((call) => request(call)));
wirePublish(language);

client.on('state', draw);
setInterval(draw, 1_000);
frame.start();
draw();
