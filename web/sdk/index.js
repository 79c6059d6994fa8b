/** The SDK for browsers and mini-programs. `player.js` and `publisher.js` are for browsers only. */
export * from './core/index.js';
