/** The SDK for browsers and mini-programs. `player.js` and `publisher.js` are for browsers only. */
export { Backoff } from './backoff.js';
export { Client } from './client.js';
export { ClaimCallError } from './error.js';
export { browserSocket, wxSocket } from './socket.js';
export { initialState, reduce } from './state.js';
export { SUBPROTOCOL, comesBack } from './wire.js';
