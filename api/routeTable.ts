// All routes as data: which methods an address takes, and which schema each one promised.
import type { FastifySchema, RouteOptions } from 'fastify';

export interface RouteEntry {
  readonly method: string;
  readonly url: string;
  readonly schema: FastifySchema | undefined;
}

export interface RouteTable {
  add(route: RouteOptions): void;
  all(): readonly RouteEntry[];
  /** Methods of the routes an address would meet, in alphabetical order. */
  methodsAt(path: string): string[];
}

export function routeTable(): RouteTable {
  const entries: (RouteEntry & { pattern: RegExp })[] = [];
  return {
    add({ method, url, schema }) {
      const pattern = patternOf(url);
      for (const name of [method].flat()) entries.push({ method: name, url, schema, pattern });
    },
    all: () => entries,
    methodsAt: (path) =>
      [...new Set(entries.filter((e) => e.pattern.test(path)).map((entry) => entry.method))].sort(),
  };
}

/** `/v1/people/:id` as a regular expression: a parameter is one segment, a star the rest. */
function patternOf(url: string): RegExp {
  const words = url
    .split(/(:[A-Za-z]+|\*)/)
    .map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${words.join('')}$`);
}
