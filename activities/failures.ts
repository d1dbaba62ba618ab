// What an activity tells the engine when it fails: a word and a code. Drivers, Postgres and mail servers put
// values into their messages, names and addresses among them, and a history keeps what it is told for ever.
import { ApplicationFailure } from '@temporalio/common';

type Thrown = { name?: unknown; code?: unknown; responseCode?: unknown; stack?: unknown } | null | undefined;

/** The class or code of what was thrown, `unknown` where it has none. */
export function codeOf(error: unknown): string {
  const { name, code, responseCode } = (error as Thrown) ?? {};
  const word = [code, name].find((one) => typeof one === 'string' && /^[A-Za-z0-9_]{1,40}$/.test(one));
  return `${word ?? 'unknown'}${typeof responseCode === 'number' ? ` ${responseCode}` : ''}`;
}

/** Where it was thrown, without the message that stands above it. */
export function framesOf(error: unknown): string[] {
  const lines = String((error as Thrown)?.stack ?? '').split('\n');
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 5)
    .map((line) => line.trim());
}

/** The database is absent or contended: whoever asked waits and tries again, as often as it takes. */
export const databaseAway = (): ApplicationFailure =>
  ApplicationFailure.create({ message: 'the database is away or busy', type: 'DatabaseAway' });

/** Whatever else went wrong is ours; the log has it whole. */
export const stepFailed = (what: string, error: unknown): ApplicationFailure =>
  ApplicationFailure.create({ message: `${what} failed: ${codeOf(error)}`, type: 'StepFailed' });
