// docker-compose.yml as tests read it: services, and the script of a job as its container's shell gets it.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Service {
  image?: string;
  restart?: string;
  command?: string[] | string;
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
  healthcheck?: { readonly test: readonly string[] };
  volumes?: string[];
}

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
};
export const services = compose.services;

export function service(name: string): Service {
  const found = services[name];
  if (!found) throw new Error(`no service ${name}`);
  return found;
}

/** What it runs; compose reads `$$` as `$`. */
export const commandOf = ({ command }: Service): string =>
  [command ?? []].flat().join(' ').replaceAll('$$', '$');
