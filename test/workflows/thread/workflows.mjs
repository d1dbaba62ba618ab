export * from './loops.mjs';
export * from './scopes.mjs';
