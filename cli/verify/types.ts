// The words of verification: what is checked, what is found, and the little it needs to know of the engine.
// Nothing here or beside it shares code with what it checks; a mistake made twice would not be seen.
import type { KeyObject } from 'node:crypto';
import type pg from 'pg';

export const INVARIANTS = [
  'I1',
  'I2',
  'I3',
  'I4',
  'I5',
  'I6',
  'I7',
  'I8',
  'I9',
  'I10',
  'I11',
  'I12',
] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** One offender: the id of the record, and a sentence with the values that contradict each other. */
export interface Broken {
  readonly subject: string;
  readonly detail: string;
}

export interface InvariantResult {
  readonly invariant: Invariant;
  readonly ok: boolean;
  /** At most SHOWN offenders of each rule of the invariant. */
  readonly broken: readonly Broken[];
  /** All offenders, shown or not. */
  readonly brokenCount: number;
  /** Rows looked at; 0 says that there was nothing to check, not that all is well. */
  readonly checkedRows: number;
  readonly ms: number;
  /** Why it was not checked at all; `ok` is true then, and the report shows it apart. */
  readonly skipped?: string;
}

/** Offenders of one rule that are named; the others are counted. */
export const SHOWN = 20;

export type WorkflowState = 'open' | 'closed' | 'missing';

/** What verification asks the engine. `listOpen` yields workflow ids and may lag; `describe` never does. */
export interface VerifyEngine {
  describe(workflowId: string): Promise<WorkflowState>;
  listOpen(): AsyncIterable<string>;
}

export interface Progress {
  readonly invariant: Invariant;
  readonly done: number;
  /** Of so many; absent while it is not known. */
  readonly total?: number;
}

export interface VerifyOptions {
  /** A role that may read every table. */
  readonly db: pg.Pool;
  /** Without it I6 is skipped. */
  readonly engine?: VerifyEngine;
  /** I6 describes only where the engine's list and the rows disagree; I5 checks the newest file only. */
  readonly fast?: boolean;
  /** Folder of the signed checkpoints; without it only the chains themselves are checked. */
  readonly checkpoints?: string;
  /** The public key they are signed with, kept apart from them; without it `checkpoint.pub` beside them. */
  readonly checkpointKey?: KeyObject;
  /** What is younger (real time) may still be under way. Default 60 s. */
  readonly quietMs?: number;
  /** Real time of the check. Default: now. */
  readonly at?: Date;
  readonly onProgress?: (progress: Progress) => void;
}

/** One rule in SQL. Its offenders are `select <subject text>, <detail text>`; `counted` yields one number. */
export interface Rule {
  readonly offenders: string;
  readonly counted?: string;
}

/** `$1` of every rule: real time before which things must be settled; `$2`: real time of the check. */
export interface Check {
  readonly invariant: Invariant;
  readonly rules: readonly Rule[];
}
