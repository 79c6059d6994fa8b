import { duration, minutes, secondsUntil } from '../ui/format.js';
import { fill } from './language.js';

/** @import { MediaView } from './media.js' */
/** @import { Session } from './session.js' */

/**
 * What each page shows, made of what is known: pure, so that a page only has to draw it.
 *
 * What a view needs of the session.
 *
 * @typedef {Pick<Session, 'state' | 'words' | 'lang' | 'now' | 'problem' | 'over' | 'elsewhere'>} Known
 */

/**
 * What every page shows above its own: trouble with the connection, or with the last command.
 *
 * @param {Known} known
 */
export function noticeView({ state, words, problem }) {
  const { connection, session } = state;
  const t = /** @type {Record<string, string>} */ (words.notice);
  const closed = connection.status === 'closed' && connection.reason !== 'closed';
  const lost = session !== null && (connection.status === 'waiting' || connection.status === 'connecting');
  const trouble = closed ? t[connection.reason ?? ''] ?? t.closed : lost ? t[connection.status] : '';
  return { notice: problem || trouble, noticeAgain: closed ? t.again : '' };
}

/**
 * @param {Known} known
 * @param {{claimNo: string, agreed: boolean, sending: boolean, denied: '' | 'camera' | 'microphone' | 'both'}} form
 */
export function requestView(known, { claimNo, agreed, sending, denied }) {
  const { words, elsewhere } = known;
  return {
    ...noticeView(known),
    t: words.request,
    language: words.language,
    title: words.request.title,
    elsewhere: elsewhere !== null,
    ready: claimNo.trim() !== '' && agreed && !sending,
    send: sending ? words.request.sending : words.request.send,
    denied: denied ? words.denied[denied] : '',
    deniedTitle: words.denied.title,
    settings: words.denied.settings,
  };
}

/** @param {Known} known */
export function queueView(known) {
  const { state, words, now } = known;
  const { call, queue } = state;
  const t = words.queue;
  const title = call?.state === 'ringing' ? t.ringing : t.title;
  return {
    ...noticeView(known),
    t,
    title,
    position: queue ? (queue.position === 1 ? t.next : fill(t.position, { position: queue.position })) : '',
    wait: queue && queue.waitMs > 0 ? fill(t.wait, { minutes: minutes(queue.waitMs) }) : '',
    waited: call ? fill(t.waited, { time: duration(now - Date.parse(call.created_at)) }) : '',
  };
}

/** @param {Known} known */
export function ringingView(known) {
  const { state, words, now } = known;
  const [invite] = state.invites;
  const t = words.ringing;
  return {
    ...noticeView(known),
    t,
    title: t.title,
    name: invite?.call.legs.adjuster?.name ?? '',
    claim: invite ? fill(t.claim, { claim: invite.call.claim_no }) : '',
    left: invite ? fill(t.left, { seconds: secondsUntil(invite.expiresAt, now) }) : '',
  };
}

/**
 * @param {Known} known
 * @param {MediaView} media
 * @param {{muted: boolean, rear: boolean, torch: boolean, large: 'own' | 'theirs'}} controls
 */
export function callView(known, media, { muted, rear, torch, large }) {
  const { state, words, now } = known;
  const { call } = state;
  const t = words.call;
  const adjuster = call?.legs.adjuster;
  const status = call?.state === 'active' ? t.title : call?.legs.claimant.joined ? t.waiting : t.entering;
  const peer = adjuster ? t.link[adjuster.link] : '';
  return {
    ...noticeView(known),
    t,
    title: t.title,
    status: call?.active_at ? duration(now - Date.parse(call.active_at)) : status,
    name: adjuster?.name || t.adjuster,
    own: media.pushing === 'pushing' && !media.camera ? t.soundOnly : t.pushing[media.pushing],
    theirs: peer || (call?.state === 'active' ? t.playing[media.playing] : ''),
    muteWord: muted ? t.unmute : t.mute,
    cameraWord: media.camera ? t.cameraOff : t.cameraOn,
    torchWord: torch ? t.torchOff : t.torchOn,
    hasTorch: rear && media.camera,
    denied: media.denied ? words.denied[media.denied] : '',
    deniedTitle: words.denied.title,
    settings: words.denied.settings,
    ownLarge: large === 'own',
    muted,
    torch,
  };
}

/** @param {Known} known */
export function resultView(known) {
  const { state, words, over } = known;
  const { call } = state;
  const t = words.result;
  const met = call ? call.accepted_at !== undefined : over !== null;
  return {
    ...noticeView(known),
    t,
    title: met ? t.title : t.missed,
    why: endWords(known),
    time: call?.active_at && call.ended_at ? fill(t.time, { time: duration(Date.parse(call.ended_at) - Date.parse(call.active_at)) }) : '',
    claim: call ? fill(t.claim, { claim: call.claim_no }) : '',
    next: met ? t.next : '',
  };
}

/**
 * How a call ended: whose doing it was matters for some reasons only, and is not always known.
 *
 * @param {Known} known
 */
function endWords({ state: { call }, words, over }) {
  const ends = /** @type {Record<string, string>} */ (words.ends);
  const reason = call?.end?.reason ?? over ?? 'other';
  const by = call?.end?.by;
  const side = by === 'claimant' ? 'you' : by === 'adjuster' ? 'other' : '';
  return ends[`${reason}.${side}`] ?? ends[reason] ?? ends.other;
}
