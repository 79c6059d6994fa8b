import { byId, onClick, showScreen } from '../ui/dom.js';
import { Language } from '../ui/language.js';
import { Seat } from '../ui/seat.js';
import { SignIn } from '../ui/signin.js';
import { sharedWords } from '../ui/words.js';
import { Actions } from './actions.js';
import { Alarm } from './alarm.js';
import { AvailabilitySwitch } from './availability.js';
import { CallScreen } from './call.js';
import { startDemo } from './demo.js';
import { DeviceSheet } from './devices.js';
import { Elsewhere } from './elsewhere.js';
import { HistoryTab } from './history.js';
import { IdleScreen } from './idle.js';
import { InviteSheet } from './invite.js';
import { KeyHelp } from './keyhelp.js';
import { Keyboard } from './keys.js';
import { Page } from './page.js';
import { Readiness } from './readiness.js';
import { RecordSheet } from './record.js';
import { Records } from './records.js';
import { QueueTab } from './queue.js';
import { RingingScreen } from './ringing.js';
import { isAtWork, screenOf } from './screen.js';
import { Side } from './side.js';
import { Stage } from './stage.js';
import { Tabs } from './tabs.js';
import { timeFirstPicture } from '../ui/timing.js';
import { consoleWords } from './words.js';
import { WrapUp } from './wrapup.js';

const language = new Language(sharedWords, consoleWords);
const signIn = new SignIn('adjuster');
const page = new Page({ language, signIn, name: 'claimcall-console', redraw: draw });
const { client } = page;
const seat = new Seat(client, signIn);
const tabs = new Tabs(() => page.draw());
const readiness = new Readiness(client, () => page.draw());
const actions = new Actions({ page, seat, tabs, readiness });

const side = new Side(() => page.draw());
const queue = new QueueTab(page);
const invite = new InviteSheet(page, actions);
const record = new RecordSheet(page, invite);
const history = new HistoryTab(page, new Records(signIn), record);
const availability = new AvailabilitySwitch(page, actions);
const idle = new IdleScreen(page, actions, readiness);
const ringing = new RingingScreen(page);
const alarm = new Alarm(language, tabs);
const call = new CallScreen(page);
const elsewhere = new Elsewhere(page, seat);
const wrapUp = new WrapUp(page, actions, invite);
const stage = new Stage(page);
const devices = new DeviceSheet(page);

function draw() {
  const { state } = client;
  const screen = screenOf(state, { holds: (view) => seat.holds(view), dismissed: wrapUp.dismissed, elsewhere: elsewhere.call });
  document.body.dataset.at = screen;
  byId('keys').hidden = !isAtWork(screen);
  availability.draw(state);
  side.draw(isAtWork(screen), state.backlog?.total ?? 0);
  queue.draw(state);
  invite.draw(state);
  history.draw(side.shown === 'history');
  idle.draw(state);
  ringing.draw(state);
  call.draw(state, screen);
  elsewhere.draw();
  wrapUp.draw(state, screen);
  page.media.draw(screen === 'call' ? state.streams : null, call.waitingWords, call.trouble);
  stage.draw(state, screen);
  alarm.draw(screen === 'ringing' ? state.invites[0] : null);
  showScreen(screen);
}

const keyboard = new Keyboard({
  accept: () => byId('accept').click(),
  reject: () => byId('reject').click(),
  ready: () => press('start', 'ready', 'wrap-ready'),
  away: () => press('pause', 'wrap-away'),
  hangup: () => press('hangup'),
  mute: () => press('mute'),
  camera: () => press('blind'),
  devices: () => press('devices-open'),
  full: () => press('full'),
  pip: () => press('pip'),
  notes: () => call.focusNotes(),
  queue: () => side.show('queue'),
  search: () => side.show('history'),
  invite: () => press('invite-open'),
  here: () => press('here'),
  language: () => press('lang'),
  help: () => help.open(),
  back: () => side.close() || /** @type {HTMLElement | null} */ (document.activeElement)?.blur(),
});
const help = new KeyHelp(language, keyboard);
onClick('keys', () => help.open());

/**
 * Presses the first of these buttons that is on the screen: a key does what its button does, and no more.
 *
 * @param {...string} ids
 */
function press(...ids) {
  const button = ids.map((id) => byId(id)).find((element) => element.checkVisibility());
  button?.click();
}

byId('accept').addEventListener('click', () => timeFirstPicture(page.media.player));
startDemo({ client, signIn, actions });
page.start();
