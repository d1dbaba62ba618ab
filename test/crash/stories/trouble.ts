// What goes wrong by itself: a step with a bug in it, a mail that is refused.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  accepted,
  type CrashStory,
  captured,
  contactOf,
  handleOf,
  inStage,
  qualified,
  submitted,
} from '../moves.js';

/** A step that is broken until the next worker brings other code. */
export const broken: CrashStory = {
  units: ['markStuck'],
  options: { faults: ['qualifyLead'] },
  async tell(house) {
    const { id, owner } = await captured(house);
    const rep = handleOf(house, owner);
    const mark = join(house.stateDir, 'broken');
    writeFileSync(mark, '');
    const answer = house.post(rep, `/v1/leads/${id}/qualification`, { decision: 'qualify' });
    answer.catch(() => undefined); // Awaited below.
    await house.until(
      'somebody is told that it is stuck',
      async () => (await house.count(`tasks where kind = 'step_stuck'`)) > 0,
    );
    // One that is to kill itself there has done so, before anybody else does.
    await house.until('the worker works', async () => house.worker.left.length === 0);
    await house.worker.ready();
    rmSync(mark);
    await house.worker.kill();
    await answer;
    await inStage(house, id, 'qualified');
    await house.post('carla', `/v1/leads/${id}/withdrawal`, { reason: 'seen enough' });
    await inStage(house, id, 'closed');
  },
};

/** The offer reaches its customer; the other's mailbox is unknown, which is a person's task. */
export const mails: CrashStory = {
  units: ['sendMail', 'giveUpMail'],
  options: { withMails: true },
  async tell(house) {
    const { body, version } = await house.get('admin', '/v1/policies/notifications');
    await house.put('admin', '/v1/policies/notifications', { ...body, mails: ['offer', 'order'] }, version);
    const lead = await qualified(house);
    await accepted(house, lead.rep, await submitted(house, lead));
    await house.until(
      'both mails were sent',
      async () => (await house.count(`mails where status = 'sent'`)) === 2,
    );
    const contact = { ...contactOf('refused'), email: 'ana@refused.example' };
    const { id } = await house.post('ana', '/v1/leads', { source: { channel: 'referral' }, contact });
    const { owner } = await house.until('it has an owner', async () => {
      const read = await house.get('carla', `/v1/leads/${id}`);
      return read.owner !== null && read;
    });
    const rep = handleOf(house, owner);
    await house.post(rep, `/v1/leads/${id}/qualification`, { decision: 'qualify' });
    await submitted(house, { id, rep });
    await house.until(
      'the other was refused',
      async () => (await house.count(`mails where status = 'failed'`)) === 1,
    );
    await house.post('carla', `/v1/leads/${id}/withdrawal`, { reason: 'no way to reach them' });
    await inStage(house, id, 'closed');
  },
};
