// Before there is an order: nobody acts, somebody says no, somebody else takes over.
import { type CrashStory, captured, done, handleOf, inStage, LINES, qualified, submitted } from '../moves.js';

/** Nobody acts in time, at any stage. */
export const silent: CrashStory = {
  units: [
    'loadLead', // Each time the clock is moved: a lead that was just captured needs none.
    'escalateQualification',
    'recycleLead',
    'remindRep',
    'remindApprover',
    'escalateApproval',
    'remindCustomer',
    'expireOffer',
  ],
  async tell(house) {
    const { id, owner } = await captured(house);
    const rep = handleOf(house, owner);
    await house.pass(4);
    await done(house, id, 'escalateQualification');
    await house.post(rep, `/v1/leads/${id}/qualification`, { decision: 'nurture' });
    await house.pass(22);
    await done(house, id, 'recycleLead');
    await house.post(rep, `/v1/leads/${id}/qualification`, { decision: 'qualify' });
    await house.pass(5);
    await done(house, id, 'remindRep');
    const lines = [{ sku: 'CHAIR-PRO', quantity: '4', discountBps: 1_500 }];
    const quote = await submitted(house, { id, rep }, { lines });
    await house.pass(2);
    await done(house, id, 'remindApprover');
    await house.pass(2);
    await done(house, id, 'escalateApproval');
    const { approvals } = await house.get('carla', `/v1/quotes/${quote.id}`);
    const open = approvals.find(({ status }: { status: string }) => status === 'open');
    await house.post('helena', `/v1/approvals/${open.id}/decision`, { decision: 'approve', revision: 1 });
    await house.pass(10);
    await done(house, id, 'remindCustomer');
    await house.pass(6);
    await done(house, id, 'expireOffer');
    await inStage(house, id, 'closed');
  },
};

/** Leads change hands, quotes are revised, customers say no. */
export const changing: CrashStory = {
  units: [
    'rescoreLead',
    'reassignLead',
    'declineQuote',
    'withdrawLead',
    'adoptWaits',
    'PUT /v1/leads/{id}/owner',
    'POST /v1/quotes/{id}/revisions',
    'POST /v1/quotes/{id}/decline',
    'POST /v1/leads/{id}/withdrawal',
    'POST /v1/people/{id}/deactivation',
    'POST /v1/contacts/{id}/erasure',
  ],
  async tell(house) {
    const touched = await captured(house, 'touched');
    const body = { source: { channel: 'event' }, contact: { email: 'ana@touched.example', name: 'Ana R.' } };
    await house.post('marta', '/v1/leads', body);
    await done(house, touched.id, 'rescoreLead');
    const { ben } = house.people;
    const owner = { ownerId: ben.personId, reason: 'speaks Portuguese' };
    const give = async (id: string) => {
      const { revision } = await house.get('carla', `/v1/leads/${id}`);
      const sent = { key: house.name('owner'), ifMatch: revision, doneBefore: ['stale_version'] };
      await house.send('carla', 'PUT', `/v1/leads/${id}/owner`, owner, sent);
    };
    await give(touched.id);
    await house.post('carla', `/v1/leads/${touched.id}/withdrawal`, { reason: 'no answer' });
    await inStage(house, touched.id, 'closed');

    const lead = await qualified(house);
    const { id } = await submitted(house, lead);
    const draft = { lines: [{ ...LINES[0], discountBps: 500 }] };
    const { revision } = await house.post(lead.rep, `/v1/quotes/${id}/revisions`, draft);
    await house.post(lead.rep, `/v1/quotes/${id}/submission`, { revision });
    await house.post(lead.rep, `/v1/quotes/${id}/decline`, { revision, reason: 'too expensive' });
    await inStage(house, lead.id, 'closed');

    const left = await captured(house);
    if (handleOf(house, left.owner) !== 'ben') await give(left.id);
    const { revision: version } = await house.get('admin', `/v1/people/${ben.personId}`);
    const path = `/v1/people/${ben.personId}/deactivation`;
    await house.post(
      'admin',
      path,
      { leftOn: house.day() },
      { ifMatch: version, doneBefore: ['stale_version'] },
    );
    await done(house, left.id, 'adoptWaits');

    const { rows } = await house.db.query('select contact_id as id from leads where id = $1', [touched.id]);
    await house.post('admin', `/v1/contacts/${rows[0].id}/erasure`, { reason: 'person_asked' });
  },
};
