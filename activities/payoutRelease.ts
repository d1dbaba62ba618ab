// Releasing a payout run: who may release what of whom, payee by payee. The answer is stored with it.
import { newId } from '../db/ids.js';
import { editedPlanOf, type ReleaseMessage, type RunLine, readRelease } from '../db/payouts.js';
import { DomainError } from '../domain/errors.js';
import { postPayoutReleased } from '../domain/ledger/commissions.js';
import { refuseToxic } from '../domain/people/toxicPairs.js';
import {
  type Answer,
  type PayoutCall,
  type PayoutHead,
  type ToldAnswer,
  toldAnswer,
} from '../domain/steps.js';
import type { TaskKind } from '../domain/tasks.js';
import { writeAnswer, writeTask } from './answers.js';
import { audit, headOf, postAll, type Run } from './payoutRun.js';

const UNKNOWN: TaskKind = 'message_unknown';

export const release =
  (call: PayoutCall & { messageId: string }) =>
  async (run: Run): Promise<{ head: PayoutHead; answer: ToldAnswer }> => {
    const { tx, row, writes } = run;
    const message = await readRelease(tx, call);
    // Told by somebody who stored nothing for this run: whoever reaches the engine releases no money.
    if (!message) return refuseUnknown(run, call);
    if (message.answer) return { head: headOf(run, row.lines), answer: toldAnswer(message.answer as Answer) };
    let lines = row.lines;
    let answer: Answer = { result: 'expired', code: 'expired' };
    if (!message.expired) {
      try {
        const chosen = await linesToRelease(run, message);
        writeRelease(run, call, message, chosen);
        lines = lines.map((line) => (chosen.includes(line) ? { ...line, released: true } : line));
        answer = { result: 'applied' };
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        const { code, detail, pointer } = error;
        answer = { result: 'refused', code, detail, ...(pointer !== undefined && { pointer }) };
      }
    }
    writeAnswer(writes, { id: call.messageId, wasParked: message.isParked }, answer, run.at);
    await writes.run(tx);
    return { head: headOf(run, lines), answer: toldAnswer(answer) };
  };

/** Failed for a reason of ours: the decision waits and a person is told, so that the others get their turn. */
export const leaveStuck =
  (call: PayoutCall & { messageId: string }) =>
  async (run: Run): Promise<{ head: PayoutHead; answer: Answer }> => {
    const { tx, row, writes, at } = run;
    const answer: Answer = { result: 'stuck', code: 'stuck' };
    const { messageId } = call;
    writeTask(writes, {
      kind: 'step_stuck',
      leadId: null,
      subject: messageId,
      role: 'operations',
      personId: null,
      reason: { key: messageId, run: call.run },
      at,
    });
    writeAnswer(writes, { id: messageId, wasParked: false }, answer, at);
    await writes.run(tx);
    return { head: headOf(run, row.lines), answer };
  };

/** The engine told the run something we never stored for it: nothing is released, and a person is told. */
async function refuseUnknown(run: Run, call: PayoutCall): Promise<{ head: PayoutHead; answer: ToldAnswer }> {
  const { tx, row, at } = run;
  run.log.error(
    { step: 'releasePayout', run: call.run },
    'the engine told a message that is not stored for this run',
  );
  await tx.query(
    `insert into tasks (id, kind, subject, role, reason, created_at) values ($1, $2, $3, 'admin', $4, $5)
      on conflict (kind, subject) where status = 'open' do nothing`,
    [newId('task'), UNKNOWN, row.payoutId, { step: 'releasePayout' }, at],
  );
  return { head: headOf(run, row.lines), answer: { result: 'refused', code: 'not_found' } };
}

/** Who may release what: never one's own, never what one calculated, never under a plan one edited. */
async function linesToRelease(run: Run, message: ReleaseMessage): Promise<RunLine[]> {
  const { tx, row, policy, today: on } = run;
  const { actorId, active, roles, body } = message;
  if (!active || !roles.includes(policy.releaserRole)) {
    throw new DomainError('forbidden', `releasing a payout needs the role ${policy.releaserRole}`);
  }
  const recordId = row.payoutId;
  const release = { personId: actorId, recordId, on };
  const calculated = row.calculatedBy === null ? [] : [{ personId: row.calculatedBy, recordId, on }];
  refuseToxic(
    { act: 'releaseCommission', ...release },
    calculated.map((done) => ({ act: 'calculateCommission', ...done })),
    `${actorId} calculated the run and may not release it`,
  );
  refuseToxic(
    { act: 'releasePayout', ...release },
    (await editedPlanOf(tx, recordId, actorId)) ? [{ act: 'editPlan', ...release }] : [],
    `${actorId} edited a plan behind the run and may not release it`,
  );
  for (const [index, payeeId] of (body.payeeIds ?? []).entries()) {
    const at = `/payeeIds/${index}`;
    refuseToxic(
      { act: 'releasePayout', ...release },
      [{ act: 'receivePayout', personId: payeeId, recordId, on }],
      `${actorId} releases no payout of their own`,
      at,
    );
    if (!row.lines.some((line) => line.payeeId === payeeId)) {
      throw new DomainError('not_found', `the run has no line of ${payeeId}`, at);
    }
  }
  const isChosen = ({ payeeId }: RunLine) => body.payeeIds?.includes(payeeId) ?? payeeId !== actorId;
  const chosen = row.lines.filter((line) => !line.released && isChosen(line));
  if (chosen.length === 0)
    throw new DomainError('already_decided', 'nothing is left for this person to release');
  return chosen;
}

function writeRelease(
  run: Run,
  call: PayoutCall & { messageId: string },
  { actorId }: ReleaseMessage,
  chosen: readonly RunLine[],
): void {
  const { row, writes, at } = run;
  writes.update(
    'payout_lines',
    ['payout_id', 'payee_id', 'currency'],
    ...chosen.map(({ payeeId, currency }) => ({
      payout_id: row.payoutId,
      payee_id: payeeId,
      currency,
      released_by: actorId,
      released_at: at,
    })),
  );
  if (row.lines.every((line) => line.released || chosen.includes(line))) {
    writes.update('payouts', ['id'], { id: row.payoutId, status: 'released' });
  }
  postAll(run, 'released', call.messageId, chosen, postPayoutReleased);
  audit(run, call.messageId, 'releasePayout', actorId, { payees: chosen.map(({ payeeId }) => payeeId) });
}
