export * from './core/state.js';
