// Between what was stored and who is told it: refused at the door, never asked for again, told to nobody, stuck. What
// is killed are the statements by which relay, sweep and API keep account of it.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { captureLead } from '../../../activities/intake/leads.js';
import { DECISION_NOT_AFTER_MS, leadTarget, putDecision } from '../../../activities/intake/messages.js';
import type { Handle } from '../../../cli/sample/people.js';
import { newId } from '../../../db/ids.js';
import { withTransaction } from '../../../db/pool.js';
import type { House } from '../house.js';
import { type CrashStory, captured, contactOf, done, handleOf, inStage, ordered, paid } from '../moves.js';

/** A decision as an API leaves it that dies over it, and whose client does not come back; its answer, or why not. */
async function abandoned(house: House, leadId: string, by: Handle, forMs = 0): Promise<string> {
  const id = newId('msg');
  await putDecision(house.db, {
    id,
    target: leadTarget(leadId),
    leadId,
    name: 'qualifyLead',
    actorId: house.people[by].personId,
    body: { decision: 'qualify' },
    nowMs: Date.now() - forMs,
  });
  return house.until('the decision nobody asks for is answered', async () => {
    const { rows } = await house.db.query<{ code: string }>(
      `select coalesce(answer ->> 'code', answer ->> 'result') as code from messages where id = $1 and answer is not null and told_at is not null`,
      [id],
    );
    return rows[0]?.code;
  });
}

async function mustBe(what: string, answer: Promise<string>): Promise<void> {
  const code = await answer;
  if (code !== what) throw new Error(`${what} was to be expected, not ${code}`);
}

/** What a lead was decided already is refused at its door, whoever asks: the API, or the sweep for who went away. */
export const refused: CrashStory = {
  units: [
    'api store_refusal',
    'api mark_told',
    'worker store_refusal',
    'worker claim_decisions',
    'worker expire_decisions',
  ],
  async tell(house) {
    const { id, owner } = await captured(house);
    const rep = handleOf(house, owner);
    await mustBe('expired', abandoned(house, id, rep, DECISION_NOT_AFTER_MS + 1));
    await mustBe('applied', abandoned(house, id, rep));
    // A worker that was just started may let in at the door what its step refuses.
    const rest = async (): Promise<boolean> =>
      house.worker.left.every(({ unit }) => unit === 'worker store_refusal');
    await house.until('the worker died over the other two', rest);
    await house.worker.ready();
    const again = { refusal: 'already_decided' };
    await house.post(rep, `/v1/leads/${id}/qualification`, { decision: 'nurture' }, again);
    await mustBe('already_decided', abandoned(house, id, rep));
    // An API that died over the refusal has forgotten what it had to mark; this is marked in any case.
    await house.post('carla', `/v1/leads/${id}/withdrawal`, { reason: 'seen enough' });
    await inStage(house, id, 'closed');
    await house.allKilled();
  },
};

/** A fact that was told to a workflow which is no more: it is told again, and begins the next. */
export const untold: CrashStory = {
  units: ['worker claim_facts', 'worker mark_told', 'worker claim_silent', 'worker tell_again'],
  async tell(house) {
    const company = house.name('company');
    const { id } = await captured(house, company);
    await house.client.workflow.getHandle(leadTarget(id)).terminate('the engine lost it');
    const messageId = newId('msg');
    await withTransaction(house.db, async (tx) => {
      const capture = { source: { channel: 'event' }, contact: contactOf(company) };
      await captureLead(tx, { capture, actorId: house.people.ana.personId, messageId, nowMs: Date.now() });
      await tx.query(`update messages set told_at = now() - interval '31 seconds' where id = $1`, [
        messageId,
      ]);
    });
    await done(house, id, 'rescoreLead');
    await house.allKilled();
    await house.post('carla', `/v1/leads/${id}/withdrawal`, { reason: 'seen enough' });
    await inStage(house, id, 'closed');
  },
};

/** A fact and a step of the lead's own that are broken, until the next worker brings other code. */
export const stuck: CrashStory = {
  units: ['worker retry_stuck', 'worker retry_waits', 'worker claim_stuck_facts'],
  options: { faults: ['recordDelivery', 'escalateQualification'] },
  async tell(house) {
    const mark = join(house.stateDir, 'broken');
    writeFileSync(mark, '');
    const stuckNow = (times: number) =>
      house.until(
        `${times} are stuck`,
        async () => (await house.count(`tasks where kind = 'step_stuck'`)) === times,
      );
    const late = await captured(house);
    await house.pass(4);
    await stuckNow(1);
    const order = await ordered(house);
    const lines = order.lines.map((line: { id: string; ordered: string }) => ({
      orderLineId: line.id,
      quantity: line.ordered,
    }));
    const delivery = { lines, deliveredAt: house.instant() };
    await house.post('gael', `/v1/orders/${order.id}/deliveries`, delivery);
    await stuckNow(2);
    await house.worker.kill(); // Still broken, so what is tried again does not get ahead of the sweep.
    await house.allKilled();
    rmSync(mark);
    await house.worker.kill();
    await done(house, late.id, 'escalateQualification');
    const invoice = await house.until('it is invoiced', async () => {
      const { items } = await house.get('elena', `/v1/invoices?lead=${order.leadId}`);
      return items[0];
    });
    await paid(house, invoice);
    await inStage(house, order.leadId, 'closed');
    await house.post('carla', `/v1/leads/${late.id}/withdrawal`, { reason: 'seen enough' });
    await inStage(house, late.id, 'closed');
  },
};
