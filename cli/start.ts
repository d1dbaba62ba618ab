// `npm start`: from nothing to a running product, with a line for every step, until somebody stops it.
import type { ProgressEvent } from './progress.js';

/** The last event of a start: where everything is and how to get in. */
export interface ReadyEvent extends ProgressEvent {
  readonly step: 'ready';
  readonly api: string;
  readonly docs: string;
  readonly ui: string | null;
  readonly database: string;
  readonly engine: string;
  readonly stateDir: string;
  /** The administrator's key, shown once; null where it was shown before. */
  readonly adminKey: string | null;
  readonly keys: readonly {
    readonly name: string;
    readonly roles: readonly string[];
    readonly key: string;
  }[];
}
