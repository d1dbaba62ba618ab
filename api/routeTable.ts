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
  /** The route an address would meet; a literal segment wins over a parameter. */
  find(method: string, path: string): RouteEntry | undefined;
  /** Methods of the routes an address would meet, in alphabetical order. */
  methodsAt(path: string): string[];
}

export function routeTable(): RouteTable {
  const entries: (RouteEntry & { pattern: RegExp })[] = [];
  return {
    add({ method, url, schema }) {
      // The catch-all of browsers' preflights is no route of ours.
      if (url === '*') return;
      const pattern = patternOf(url);
      for (const name of [method].flat()) entries.push({ method: name, url, schema, pattern });
    },
    all: () => entries,
    find: (method, path) => {
      const met = entries.filter((entry) => entry.method === method && entry.pattern.test(path));
      return met.sort((a, b) => parametersOf(a) - parametersOf(b))[0];
    },
    methodsAt: (path) =>
      [...new Set(entries.filter((e) => e.pattern.test(path)).map((entry) => entry.method))].sort(),
  };
}

/** `/v1/people/:id` as a regular expression: a parameter is one segment, a star the rest. */
function patternOf(url: string): RegExp {
  const words = url
    .split(/(:[A-Za-z]+|\*)/)
    .map((part) =>
      part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    );
  return new RegExp(`^${words.join('')}$`);
}

const parametersOf = ({ url }: RouteEntry): number => url.split(/[:*]/).length;
