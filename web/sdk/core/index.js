/**
 * The client for browsers and mini-programs alike: everything but the elements that play and publish.
 *
 * @typedef {import('./client.js').ClientOptions} ClientOptions
 * @typedef {import('./client.js').ClientEvents} ClientEvents
 * @typedef {import('./connection.js').ConnectionStatus} ConnectionStatus
 * @typedef {import('./platform.js').Platform} Platform
 * @typedef {import('./platform.js').SocketFactory} SocketFactory
 * @typedef {import('./state.js').Action} Action
 * @typedef {import('./state.js').Invite} Invite
 * @typedef {import('./state.js').State} State
 * @typedef {import('./tokens.js').Token} Token
 * @typedef {import('./tokens.js').TokenSource} TokenSource
 * @typedef {import('./wire.js').CallView} CallView
 * @typedef {import('./wire.js').QueueView} QueueView
 * @typedef {import('./wire.js').Streams} Streams
 * @typedef {import('./wire.js').StreamStats} StreamStats
 * @typedef {import('./wire.js').Welcome} Welcome
 */
export { Backoff } from './backoff.js';
export { Client } from './client.js';
export { ClaimCallError } from './error.js';
export { browserPlatform, browserSocket } from './browser.js';
export { qualityOf } from './quality.js';
export { initialState, reduce } from './state.js';
export { SUBPROTOCOL, comesBack } from './wire.js';
export { wxPlatform, wxSocket } from './wx.js';
