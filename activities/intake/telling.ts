// How a stored message reaches its workflow: a decision as an update whose outcome is asked for; a fact as an update
// that a running workflow takes in, else as a signal, which starts the workflow if need be and waits for its worker.
// Whatever is not known is said to be unknown, never "no".
import { status as grpc } from '@grpc/grpc-js';
import {
  type Client,
  isGrpcServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { BUSINESS_NOW } from '../../db/leadViews.js';
import type { Queryable } from '../../db/pool.js';
import { ERRORS, type ErrorCode } from '../../domain/errors.js';
import type { Answer, StepAnswer } from '../../domain/steps.js';
import { TASKS_OF_MESSAGES } from '../../domain/tasks.js';

export interface Engine {
  readonly client: Client;
  readonly taskQueue: string;
  /** The client shares the connection of a worker: a workflow it starts has its first task in the answer. */
  readonly isWorkers?: boolean;
}

export interface Addressed {
  readonly id: string;
  readonly target: string;
  readonly leadId: string | null;
  readonly name: string;
}

/** What the engine said of a decision. `unknown`: ask the message; `again`: the workflow is between two tasks. */
export type Told =
  | { readonly kind: 'answered'; readonly answer: Answer | undefined }
  | { readonly kind: 'refused'; readonly answer: Answer; readonly revision: number }
  | { readonly kind: 'draining' | 'absent' | 'again' | 'unknown' };

/** Name and input of the workflow behind a target such as `lead/lead_01…` or `payout/commission/2026-11/1`. */
export function workflowOf(target: string): { type: string; args: [Record<string, string>] } {
  const [kind, ...rest] = target.split('/');
  if (kind === 'lead') return { type: 'leadToCash', args: [{ leadId: rest.join('/') }] };
  if (kind === 'payout') return { type: 'payCommissions', args: [{ run: rest.slice(1).join('/') }] };
  throw new RangeError(`nothing is told to ${target}`);
}

const startOptions = (engine: Engine, target: string) => ({
  workflowId: target,
  taskQueue: engine.taskQueue,
  args: workflowOf(target).args,
  // Below the default of 10 s, so that a killed worker's leads go on soon (docs/protocol.md, Engine).
  workflowTaskTimeout: '5s' as const,
  workflowIdConflictPolicy: 'USE_EXISTING' as const,
  workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
  staticSummary: target.startsWith('lead/')
    ? 'one lead from first contact to commission paid'
    : 'a payout run',
});

/** Sends a decision as an update under its message id and waits at most `withinMs` (real time). */
export async function tellDecision(
  engine: Engine,
  message: Addressed,
  options: { readonly withinMs: number; readonly start?: boolean; readonly attempt?: number },
): Promise<Told> {
  const { client } = engine;
  const updateId = options.attempt ? `${message.id}/${options.attempt}` : message.id;
  const update = { updateId, args: [{ messageId: message.id }] as [{ messageId: string }] };
  try {
    const result = await client.connection.withDeadline(Date.now() + options.withinMs, () =>
      options.start
        ? client.workflow.executeUpdateWithStart<() => Promise<unknown>, StepAnswer, [{ messageId: string }]>(
            message.name,
            {
              ...update,
              startWorkflowOperation: new WithStartWorkflowOperation(
                workflowOf(message.target).type,
                startOptions(engine, message.target) as never,
              ),
            },
          )
        : client.workflow
            .getHandle(message.target)
            .executeUpdate<StepAnswer, [{ messageId: string }]>(message.name, update),
    );
    return { kind: 'answered', answer: result.answer };
  } catch (error) {
    return toldBy(error);
  }
}

function toldBy(error: unknown): Told {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, message, details } = error.cause;
    if (type === 'draining') return { kind: 'draining' };
    if (type && type in ERRORS) {
      const answer: Answer = { result: 'refused', code: type as ErrorCode, detail: message };
      return { kind: 'refused', answer, revision: Number(details?.[0]) };
    }
    return { kind: 'unknown' };
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { kind: 'unknown' };
  if (error instanceof WorkflowNotFoundError) return { kind: 'absent' };
  const code = grpcCode(error);
  if (code === grpc.NOT_FOUND) return { kind: 'absent' };
  if (code === grpc.FAILED_PRECONDITION) return { kind: 'again' };
  if (code !== undefined) return { kind: 'unknown' };
  throw error;
}

function grpcCode(error: unknown): number | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (isGrpcServiceError(e)) return e.code;
  return undefined;
}

/**
 * Tells a fact so that it stands in the history of its workflow, which reads the rest from Postgres. A capture starts
 * its workflow; where somebody was quicker it is a fact like any other. One that was told before (`again`) is a signal at
 * once: the engine answers an update it knows without asking anybody, also for a run that is closed, and a signal starts
 * the next. Throws what the engine says when it is away, and where nobody says whether the fact was taken in: it has to be
 * told again.
 */
export async function tellFact(
  engine: Engine,
  message: Addressed,
  withinMs: number,
  again = false,
): Promise<void> {
  const { client } = engine;
  const telling = client.connection.withDeadline(Date.now() + withinMs, async () => {
    if (message.name === 'leadCaptured' && (await begun(engine, message))) return;
    if (!again && (await takenIn(engine, message))) return;
    await client.workflow.signalWithStart(workflowOf(message.target).type, {
      ...startOptions(engine, message.target),
      signal: message.name,
      signalArgs: [message.id],
    } as never);
  });
  await deadline(withinMs, telling);
}

/** After a deadline, so that a connection that keeps to it is not closed under a call. */
const GRACE_MS = 500;

/** A time of our own: the deadline of a worker's connection holds for each of its tries. */
async function deadline<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const tooLate = (): void => reject(new Error(`the engine did not answer within ${ms} ms`));
    timer = setTimeout(tooLate, ms + GRACE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined); // Whoever comes too late is not listened to.
  }
}

/**
 * An update that is taken in costs one state transition, where a signal costs three: written, its task begun, its task
 * done. False where it certainly was not: no workflow is open, or its task fails. A worker that is busy is waited for
 * instead of sending a signal beside the update, which would be replayed in another order where the engine has both.
 */
async function takenIn({ client }: Engine, { id, target, name }: Addressed): Promise<boolean> {
  try {
    const handle = client.workflow.getHandle(target);
    await handle.executeUpdate<void, [string]>(name, { updateId: id, args: [id] });
    return true;
  } catch (error) {
    if (toldBy(error).kind === 'unknown') throw error;
    return false;
  }
}

/** Starts the workflow of a lead that was captured. False when it runs already. */
async function begun(engine: Engine, { id, target }: Addressed): Promise<boolean> {
  const { type, args } = workflowOf(target);
  try {
    await engine.client.workflow.start(type, {
      ...startOptions(engine, target),
      args: [{ ...args[0], captured: id }],
      workflowIdConflictPolicy: 'FAIL',
      requestEagerStart: engine.isWorkers ?? false,
    } as never);
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** Starts a workflow, or finds it open. False when the engine did not take it within the time (real). */
export async function startWorkflow(
  { client, ...engine }: Engine,
  target: string,
  withinMs: number,
): Promise<boolean> {
  try {
    await client.connection.withDeadline(Date.now() + withinMs, () =>
      client.workflow.start(workflowOf(target).type, startOptions({ client, ...engine }, target) as never),
    );
    return true;
  } catch (error) {
    if (grpcCode(error) === undefined) throw error;
    return false;
  }
}

/** "Read your row again." False when no such workflow is open. */
export async function tellLook(engine: Engine, target: string, withinMs: number): Promise<boolean> {
  try {
    await engine.client.connection.withDeadline(Date.now() + withinMs, () =>
      engine.client.workflow.getHandle(target).signal('look'),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || grpcCode(error) === grpc.NOT_FOUND) return false;
    throw error;
  }
}

/**
 * Stores a validator's refusal, if the lead is still as the validator saw it and nobody answered before, and ends the
 * task of a decision that was stuck until its lead had gone on. False: the workflow was behind its row, or the message
 * has an answer by now.
 */
export async function storeRefusal(
  db: Queryable,
  message: Addressed,
  told: { readonly answer: Answer; readonly revision: number },
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'store_refusal',
    text: `with refused as (update messages set answer = $2, answered_at = now(), told_at = now(), parked_for = null
        where id = $1 and answer is null and (select revision from leads where id = $3) = $4 returning id),
      over as (update tasks set status = 'resolved', resolution = 'refused',
          resolved_at = coalesce(to_timestamp(${BUSINESS_NOW} / 1000), now())
        where subject in (select id from refused) and kind = any($5) and status = 'open')
      select from refused`,
    values: [message.id, told.answer, message.leadId, told.revision, TASKS_OF_MESSAGES],
  });
  return rowCount === 1;
}

export async function answerOf(db: Queryable, id: string): Promise<Answer | null> {
  const { rows } = await db.query<{ answer: Answer | null }>({
    name: 'message_answer',
    text: 'select answer from messages where id = $1',
    values: [id],
  });
  return rows[0]?.answer ?? null;
}

/** Marks messages told, many at once, outside the click. */
export class ToldMarks {
  #ids: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: Queryable,
    private readonly onError: (error: unknown) => void,
    // The sweep looks at what is older than 8 s; at 100 ms the marks alone were two commits a lead.
    private readonly everyMs = 500,
  ) {}

  add(id: string): void {
    this.#ids.push(id);
    this.#timer ??= setTimeout(() => void this.flush(), this.everyMs);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ids = this.#ids.splice(0);
    if (ids.length === 0) return;
    try {
      await this.db.query({
        name: 'mark_told',
        text: 'update messages set told_at = now() where id = any($1) and told_at is null',
        values: [ids],
      });
    } catch (error) {
      this.onError(error); // Not lost: the sweep tells them once more, under the same id.
    }
  }
}
