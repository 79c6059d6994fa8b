/** @import { ConnectionStatus } from './connection.js' */
/** @import { AvailabilityEvent, CallInvited, CallProfile, CallQueued, CallView, CallWithdrawn, QueueView, Streams, Welcome } from './wire.js' */

/**
 * Everything a page needs to draw itself.
 *
 * @typedef {object} State
 * @property {ConnectionStatus} connection
 * @property {{id: string, user: Welcome['user']} | null} session
 * @property {number} clockOffsetMs  the hub's clock minus ours
 * @property {AvailabilityEvent | null} availability  of an adjuster
 * @property {CallView | null} call  the running call, or the last one that ended
 * @property {Streams | null} streams  newest generation for `call`
 * @property {{position: number, waitMs: number} | null} queue  while `call` is queued
 * @property {boolean} watching  whether this person wants to see who waits
 * @property {QueueView | null} backlog  who waits, as far as that is watched and known
 * @property {Invite[]} invites  calls that ring here
 * @property {{call: string, reason: CallWithdrawn['reason']} | null} withdrawn  the last invite that went away
 * @property {Record<string, number>} versions  newest version seen of recent calls
 *
 * @typedef {{call: CallView, expiresAt: string}} Invite
 *
 * @typedef {{type: 'connection', status: ConnectionStatus}
 *   | {type: 'welcome', data: Welcome, now: number}
 *   | {type: 'answer', command: string, data: any}
 *   | {type: 'watch', on: boolean}
 *   | {type: 'event', name: string, data: any}
 *   | {type: 'forget'}} Action  `forget`: the person signed out
 */

/** Calls whose versions are remembered; older ones can no longer have news on the way. */
const REMEMBERED = 16;

/** @type {State} */
export const initialState = {
  connection: { status: 'idle', attempt: 0 },
  session: null,
  clockOffsetMs: 0,
  availability: null,
  call: null,
  streams: null,
  queue: null,
  watching: false,
  backlog: null,
  invites: [],
  withdrawn: null,
  versions: {},
};

/**
 * Pure: the state after `action`. News that is older than what is known changes nothing.
 *
 * @param {State} state
 * @param {Action} action
 * @returns {State}
 */
export function reduce(state, action) {
  switch (action.type) {
    case 'connection':
      return connection(state, action.status);
    case 'forget':
      return { ...initialState, connection: state.connection };
    case 'welcome':
      return welcome(state, action.data, action.now);
    case 'answer':
      return answer(state, action.command, action.data);
    case 'watch':
      return { ...state, watching: action.on, backlog: action.on ? state.backlog : null };
    case 'event':
      return event(state, action.name, action.data);
  }
}

/**
 * Where nothing is heard any more, nothing rings. While the connection may come back, everything stays as it was.
 *
 * @param {State} state
 * @param {ConnectionStatus} status
 * @returns {State}
 */
function connection(state, status) {
  if (status.status !== 'closed') return { ...state, connection: status };
  return { ...state, connection: status, queue: null, backlog: null, invites: [] };
}

/**
 * A welcome is a snapshot: what it does not mention is over. Only a call that has ended stays,
 * so that its result can still be shown. Versions begin anew: a store that lost its last moments
 * in a failure shows a call as it was before them.
 *
 * @param {State} state
 * @param {Welcome} data
 * @param {number} now
 * @returns {State}
 */
function welcome(state, data, now) {
  const ended = state.call?.state === 'ended' ? state.call : null;
  const base = {
    ...state,
    session: { id: data.session, user: data.user },
    clockOffsetMs: Date.parse(data.time) - now,
    availability: data.availability ? { state: data.availability } : null,
    backlog: data.resumed ? state.backlog : null,
    call: ended,
    streams: null,
    queue: null,
    invites: [],
    versions: {},
  };
  if (!data.call) return base;
  return withStreams(withCall(base, data.call), data.call, data.streams);
}

/**
 * @param {State} state
 * @param {string} command
 * @param {any} data
 * @returns {State}
 */
function answer(state, command, data) {
  if (data.availability) return { ...state, availability: availability(data.availability, data) };
  // Events may have overtaken it, and they are never older.
  if (data.queue) return state.backlog ? state : backlog(state, data.queue);
  // Notes may be on a call of long ago.
  if (command === 'call.note' && data.call?.id !== state.call?.id) return state;
  if (data.call) return withStreams(withCall(state, data.call), data.call, data.streams);
  return state;
}

/**
 * @param {State} state
 * @param {string} name
 * @param {any} data
 * @returns {State}
 */
function event(state, name, data) {
  if (name === 'availability') return { ...state, availability: data };
  if (name === 'queue') return backlog(state, data.queue);
  if (!data.call) return state;
  if (isStale(state, data.call)) return state;
  switch (name) {
    case 'call.invite':
      return invite(state, data);
    case 'call.withdrawn':
      return withdraw(state, data);
    case 'call.queued':
      return queued(withCall(state, data.call), data);
    case 'call.profile':
      return profile(withCall(state, data.call), data);
    default:
      return withStreams(withCall(state, data.call), data.call, data.streams);
  }
}

/**
 * @param {AvailabilityEvent['state']} state
 * @param {{until?: string}} data
 * @returns {AvailabilityEvent}
 */
function availability(state, { until }) {
  return until ? { state, until } : { state };
}

/**
 * What is on its way when somebody stops watching is not taken.
 *
 * @param {State} state
 * @param {QueueView} queue
 * @returns {State}
 */
function backlog(state, queue) {
  return state.watching ? { ...state, backlog: queue } : state;
}

/**
 * @param {State} state
 * @param {CallInvited} data
 * @returns {State}
 */
function invite(state, data) {
  const others = state.invites.filter((known) => known.call.id !== data.call.id);
  const invites = [...others, { call: data.call, expiresAt: data.expires_at }];
  return { ...remember(state, data.call), invites, withdrawn: null };
}

/**
 * @param {State} state
 * @param {CallWithdrawn} data
 * @returns {State}
 */
function withdraw(state, data) {
  const known = remember(state, data.call);
  const invites = state.invites.filter(({ call }) => call.id !== data.call.id);
  const call = state.call?.id === data.call.id ? null : state.call;
  return { ...known, invites, call, withdrawn: { call: data.call.id, reason: data.reason } };
}

/**
 * @param {State} state
 * @param {CallQueued} data
 * @returns {State}
 */
function queued(state, data) {
  if (state.call?.id !== data.call.id) return state;
  return { ...state, queue: { position: data.position, waitMs: data.wait_ms } };
}

/**
 * What to push with from now changes on the running streams.
 *
 * @param {State} state
 * @param {CallProfile} data
 * @returns {State}
 */
function profile(state, { call, leg, profile }) {
  if (state.call?.id !== call.id || !state.streams || leg !== call.you) return state;
  return { ...state, streams: { ...state.streams, profile } };
}

/**
 * Takes a view of the own call. The end of some other call never displaces the present one.
 *
 * @param {State} state
 * @param {CallView} call
 * @returns {State}
 */
function withCall(state, call) {
  if (isStale(state, call)) return state;
  const known = remember(state, call);
  const invites = state.invites.filter((invite) => invite.call.id !== call.id);
  const same = state.call?.id === call.id;
  const ended = call.state === 'ended';
  if (ended && !same && state.call) return { ...known, invites };
  return {
    ...known,
    invites,
    call,
    queue: same && call.state === 'queued' ? state.queue : null,
    streams: same && !ended ? state.streams : null,
  };
}

/**
 * @param {State} state
 * @param {CallView} call
 * @param {Streams | undefined} streams
 * @returns {State}
 */
function withStreams(state, call, streams) {
  if (!streams || state.call?.id !== call.id || state.call.state === 'ended') return state;
  if (state.streams && state.streams.generation > streams.generation) return state;
  return { ...state, streams };
}

/**
 * Whether something newer is known of that call.
 *
 * @param {State} state
 * @param {CallView} call
 */
function isStale(state, call) {
  const known = state.versions[call.id];
  return known !== undefined && call.version < known;
}

/**
 * @param {State} state
 * @param {CallView} call
 * @returns {State}
 */
function remember(state, call) {
  const { [call.id]: _, ...others } = state.versions;
  const recent = Object.entries(others).slice(1 - REMEMBERED);
  return { ...state, versions: { ...Object.fromEntries(recent), [call.id]: call.version } };
}
