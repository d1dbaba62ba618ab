// What one key may do out of all its person may: a scope narrows, it never widens.
import { RESOURCES, type Resource } from './resources.js';

/** Resources that decide who may do what, and by which rules: changing them takes the scope `admin`. */
const GUARDED: readonly Resource[] = ['people', 'keys', 'policies', 'entities'];

export const GENERAL_SCOPES = ['read', 'write', 'admin'] as const;
export const SCOPES: readonly string[] = [
  ...GENERAL_SCOPES,
  ...RESOURCES.flatMap((resource) => [`${resource}:read`, `${resource}:write`]),
];

/**
 * Tells whether scopes let an action through: `read` reads everything, `write` also changes all but people,
 * keys, policies and entities and erases nobody, `admin` is the person's whole right; `leads:read`, `leads:write` and the like
 * speak of one resource.
 */
export function scopesAllow(scopes: readonly string[], action: string, resource: Resource): boolean {
  if (scopes.includes('admin') || scopes.includes(`${resource}:write`)) return true;
  if (action === 'read') {
    return scopes.includes('read') || scopes.includes('write') || scopes.includes(`${resource}:read`);
  }
  return scopes.includes('write') && !GUARDED.includes(resource) && action !== 'erase';
}

/** Returns the first scope that would give more than `held` does, or undefined: no key makes a stronger one. */
export function scopeBeyond(wanted: readonly string[], held: readonly string[]): string | undefined {
  return wanted.find((scope) => !RESOURCES.every((resource) => withinOn(scope, held, resource)));
}

function withinOn(scope: string, held: readonly string[], resource: Resource): boolean {
  return ['read', 'write'].every(
    (action) => !scopesAllow([scope], action, resource) || scopesAllow(held, action, resource),
  );
}
