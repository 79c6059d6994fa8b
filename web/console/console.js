import { byId, onClick, setText, showScreen } from '../ui/dom.js';
import { secondsUntil } from '../ui/format.js';
import { Language } from '../ui/language.js';
import { Page } from '../ui/page.js';
import { Ring } from '../ui/ring.js';
import { Seat } from '../ui/seat.js';
import { SignIn } from '../ui/signin.js';
import { sharedWords } from '../ui/words.js';
import { screenOf } from './screen.js';
import { consoleWords } from './words.js';

/** @import { State } from '../sdk/state.js' */
/** @import { CallView } from '../sdk/wire.js' */

const language = new Language(sharedWords, consoleWords);
const signIn = new SignIn('adjuster');
const page = new Page({ language, signIn, name: 'claimcall-console', facing: 'user', redraw: draw });
const { client } = page;
const seat = new Seat(client, signIn);
const ring = new Ring();

/** The ended call whose result has been read. */
let dismissed = /** @type {string | null} */ (null);

function draw() {
  const { state } = client;
  const screen = screenOf(state, { holds: (call) => seat.holds(call), dismissed });
  if (!ring.ringing) document.title = language.t('page.title');
  drawAvailability(state);
  drawIdle(state);
  drawRinging(state);
  if (state.call) drawCall(state.call);
  page.media.draw(screen === 'call' ? state.streams : null, byId('call-state').textContent ?? '');
  showScreen(screen);
  if (screen === 'ringing') ring.start(language.t('ringing.alert'));
  else ring.stop();
}

/** @param {State} state */
function drawAvailability({ availability, connection }) {
  const known = availability !== null && connection.status !== 'closed';
  byId('availability').hidden = !known;
  if (!known) return;
  const { state } = availability;
  const button = /** @type {HTMLButtonElement} */ (byId('switch'));
  button.setAttribute('aria-checked', String(state !== 'away' && state !== 'offline'));
  button.disabled = state === 'ringing' || state === 'in_call';
  setText('availability-word', language.t(`availability.${state}`));
  byId('availability').dataset.state = state;
}

/** @param {State} state */
function drawIdle({ availability, withdrawn }) {
  const now = availability?.state ?? 'away';
  const group = now === 'available' || now === 'wrap_up' || now === 'away' ? now : 'ringing';
  const why = availability?.reason === 'missed' && now === 'away' ? 'missed' : 'text';
  setText('idle-title', language.t(`idle.${group}.title`));
  setText('idle-text', language.t(`idle.${group}.${why}`));
  setText('idle-notice', withdrawn ? language.t(`withdrawn.${withdrawn.reason}`) : '');
  byId('idle').dataset.state = group;
  byId('start').hidden = now !== 'away';
  byId('ready').hidden = now !== 'wrap_up';
  byId('pause').hidden = now !== 'available';
}

/** @param {State} state */
function drawRinging({ invites: [invite] }) {
  if (!invite) return;
  setText('ringing-name', invite.call.legs.claimant.name || invite.call.legs.claimant.user);
  setText('ringing-claim', invite.call.claim_no);
  drawNote('ringing-note', invite.call);
  setText('ringing-left', language.t('ringing.left', { seconds: secondsUntil(invite.expiresAt, page.now) }));
}

/** @param {CallView} call */
function drawCall(call) {
  const { claimant, adjuster } = call.legs;
  setText('call-state', language.t(stateWord(call)));
  setText('call-time', page.durationWords(call));
  setText('call-name', claimant.name || claimant.user);
  setText('call-claim', call.claim_no);
  drawNote('call-note', call);
  setText('call-peer', page.linkWords(claimant));
  byId('call-peer').dataset.link = claimant.link;
  const time = page.durationWords(call);
  setText('ended-text', page.endWords(call));
  setText('ended-time', time && language.t('end.duration', { time }));
  byId('ended-wrap-up').hidden = client.state.availability?.state !== 'wrap_up';
}

/** @param {CallView} call */
function stateWord({ state, legs }) {
  if (state === 'ringing') return 'call.calling';
  if (state === 'active') return 'call.active';
  return legs.adjuster?.joined ? 'call.waiting' : 'call.connecting';
}

/**
 * @param {string} id
 * @param {CallView} call
 */
function drawNote(id, call) {
  setText(id, call.note ?? '');
  byId(`${id}-row`).hidden = !call.note;
}

/** @param {(call: CallView) => Promise<unknown>} command */
const withCall = (command) => () => {
  const { call } = client.state;
  return call && page.attempt(() => command(call));
};

/** @param {'available' | 'away'} state */
const setAvailability = (state) => () => page.attempt(() => client.setAvailability(state));

function accept() {
  const [invite] = client.state.invites;
  if (!invite) return;
  seat.reserve(invite.call.id);
  return page.attempt(() => client.accept(invite.call.id).catch(giveUpSeat));
}

/**
 * @param {Error} error
 * @returns {never}
 */
function giveUpSeat(error) {
  seat.reserve('');
  throw error;
}

function reject() {
  const [invite] = client.state.invites;
  return invite && page.attempt(() => client.reject(invite.call.id));
}

function toggleAvailability() {
  const on = byId('switch').getAttribute('aria-checked') === 'true';
  return setAvailability(on ? 'away' : 'available')();
}

onClick('switch', toggleAvailability);
onClick('start', setAvailability('available'));
onClick('ready', setAvailability('available'));
onClick('pause', setAvailability('away'));
onClick('accept', accept);
onClick('reject', reject);
onClick('hangup', withCall((call) => client.hangup(call.id)));
onClick('refresh', withCall((call) => client.refreshStreams(call.id, 'play_failed')));
onClick('here', withCall((call) => seat.take(call)));
onClick('done', () => {
  dismissed = client.state.call?.id ?? null;
  page.draw();
});

page.start();
