export * from './core/wire.js';
