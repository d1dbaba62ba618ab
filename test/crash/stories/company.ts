// What a company keeps beside its deals: every call of the API that writes and tells no workflow.
import type { CrashStory } from '../moves.js';

const CSV = ['id,origin', 'a,web', 'b,web', 'a,web', ''].join('\n');
const MAPPING = { channel: { column: 'origin', values: { web: 'website' } }, externalId: { column: 'id' } };

export const company: CrashStory = {
  units: [
    'POST /v1/entities',
    'POST /v1/accounts',
    'PATCH /v1/accounts/{id}',
    'POST /v1/products',
    'PATCH /v1/products/{id}',
    'POST /v1/price-books',
    'PATCH /v1/price-books/{id}',
    'PUT /v1/price-books/{id}/entries',
    'POST /v1/people',
    'PATCH /v1/people/{id}',
    'PUT /v1/people/{id}/roles',
    'PUT /v1/people/{id}/limits',
    'PUT /v1/people/{id}/delegations',
    'POST /v1/people/{id}/invitation',
    'POST /v1/invitations/redemption',
    'POST /v1/keys',
    'DELETE /v1/keys/{id}',
    'POST /v1/lead-imports',
  ],
  async tell(house) {
    const edit = async (kind: string, id: string, change: object, verb = 'PATCH', part = '') => {
      const { revision } = await house.get('admin', `/v1/${kind}/${id}`);
      const sent = { ifMatch: revision, doneBefore: ['stale_version'] };
      await house.send('admin', verb, `/v1/${kind}/${id}${part}`, change, sent);
    };
    // The company it was loaded with sells as one already, and there is no second.
    await house.db.query('delete from legal_entities');
    await house.post('admin', '/v1/entities', {
      name: 'Acme Europe S.L.',
      country: 'ES',
      zone: 'Europe/Madrid',
      language: 'es',
      address: { street: 'Calle Mayor 1', postcode: '28013', city: 'Madrid', country: 'ES' },
      email: 'billing@acme.example',
    });
    const account = await house.post('ana', '/v1/accounts', { legalName: 'Globex GmbH', country: 'DE' });
    await edit('accounts', account.id, { email: 'ap@globex.example' });
    const product = await house.post('admin', '/v1/products', {
      sku: 'CRM-SEAT',
      name: { en: 'CRM seat' },
      family: 'software',
      supply: 'services',
      taxClass: 'standard',
      unit: 'seat',
    });
    await edit('products', product.id, { active: false });
    const book = { name: 'Europe', currency: 'EUR', validFrom: '2026-01-01' };
    const { id: bookId } = await house.post('admin', '/v1/price-books', book);
    await edit('price-books', bookId, { validUntil: '2026-12-31' });
    const entries = [{ sku: 'CRM-SEAT', unitPrice: '49.90' }];
    await edit('price-books', bookId, { entries }, 'PUT', '/entries');
    const person = { name: 'Ines Roca', email: 'ines@oficina-norte.example', roles: ['rep'] };
    const { id } = await house.post('admin', '/v1/people', person);
    await edit('people', id, { team: 'iberia' });
    await edit('people', id, { roles: ['rep', 'payee'] }, 'PUT', '/roles');
    await edit('people', id, { limits: [{ amount: '5000.00', currency: 'EUR' }] }, 'PUT', '/limits');
    const { personId: delegateId } = house.people.ana;
    const delegations = [{ delegateId, fromOn: house.day(1), untilOn: house.day(9) }];
    await edit('people', id, { delegations }, 'PUT', '/delegations');
    // Whoever lost the answer of an invitation lost its token, and invites anew: as the second one here.
    await house.post('admin', `/v1/people/${id}/invitation`);
    const { token } = await house.post('admin', `/v1/people/${id}/invitation`);
    const redemption = { token, label: 'Ines, laptop' };
    await house.post('admin', '/v1/invitations/redemption', redemption, { doneBefore: ['unauthenticated'] });
    const key = await house.post('marta', '/v1/keys', { label: 'Website form', scopes: ['leads:write'] });
    await house.send('marta', 'DELETE', `/v1/keys/${key.id}`);
    const mapping = encodeURIComponent(JSON.stringify(MAPPING));
    // Cut off while it was read, an import says so, and the file is sent again under its key.
    await house.until('the file is read', async () => {
      const { id } = await house.post('marta', `/v1/lead-imports?mapping=${mapping}`, CSV, {
        key: 'the-file',
      });
      const ended = await house.until('the import has ended', async () => {
        const { status } = await house.get('marta', `/v1/lead-imports/${id}`);
        return status !== 'running' && status;
      });
      return ended === 'done';
    });
    await house.until(
      'its leads are scored',
      async () => (await house.count(`audit_entries where action = 'scoreLead'`)) === 2,
    );
  },
};
