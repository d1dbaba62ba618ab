// The faults that stand as patches in faults/: which one, what it would cost, and the test that is there to catch it.
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Fault {
  /** The patch's file name without its ending. */
  readonly name: string;
  readonly patch: string;
  /** What it would cost a company, in a sentence. */
  readonly cost: string;
  /** The test file, and the title of one test or group in it, as it is written there. */
  readonly file: string;
  readonly title: string;
}

/** Reads every patch; its header names cost, file and title, one line each, before the diff begins. */
export function plantedFaults(): Fault[] {
  const folder = new URL('./faults/', import.meta.url);
  return readdirSync(folder)
    .sort()
    .map((entry) => {
      const patch = fileURLToPath(new URL(entry, folder));
      const [header = ''] = readFileSync(patch, 'utf8').split(/^diff --git /m);
      const field = (name: string): string => {
        const [, value] = new RegExp(`^${name}: (.+)$`, 'm').exec(header) ?? [];
        if (value === undefined) throw new Error(`${entry} has no line "${name}: …" before its diff`);
        return value;
      };
      return {
        name: basename(entry, '.patch'),
        patch,
        cost: field('Cost'),
        file: field('File'),
        title: field('Test'),
      };
    });
}
