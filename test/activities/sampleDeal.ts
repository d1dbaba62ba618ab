// A company with one deal of everything, in rows: what mails and documents are written from.
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import type { Db } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import type { Language } from '../../documents/types.js';
import { bills } from './sampleBills.js';
import { AT, hash, later, QUOTE } from './sampleWords.js';

/** Sets the language of customer and colleagues. */
export async function speak(db: Db, language: Language): Promise<void> {
  for (const table of ['contacts', 'accounts', 'people'])
    await db.query(`update ${table} set language = $1`, [language]);
}

export async function company(db: Db): Promise<void> {
  const policy = (kind: 'notifications' | 'dunning' | 'approval', body: object, version = 1) => ({
    kind,
    version,
    body,
    body_hash: hash,
    created_at: later(version === 1 ? -1000 : 24),
  });
  const person = (id: string, manager_id: string | null, name: string) => ({
    id: `person_${id}`,
    name,
    email: `${id}@seller.example`,
    manager_id,
    language: 'en',
    capacity: 5,
    territories: [],
    active: true,
    system: false,
    revision: 1,
    created_at: AT,
  });
  const { notifications, dunning, approval } = POLICY_EXAMPLES;
  const base = new Writes()
    .insert(
      'people',
      person('boss', null, 'Bea Marlowe'),
      person('deputy', null, 'Dan Ferrer'),
      person('rep', 'person_boss', 'Rosa Ibarra'),
      person('fin', null, 'Fiona Ibarra'),
    )
    .insert(
      'person_roles',
      { person_id: 'person_boss', role: 'manager', granted_on: '2026-01-01' },
      { person_id: 'person_fin', role: 'finance', granted_on: '2026-01-01' },
    )
    .insert(
      'policies',
      policy('notifications', {
        ...notifications,
        senderName: 'Seller Sales',
        senderEmail: 'sales@seller.example',
      }),
      policy('notifications', { ...notifications, senderName: 'New', senderEmail: 'new@other.example' }, 2),
      policy('dunning', dunning),
      policy('approval', approval),
    )
    .insert('legal_entities', {
      id: 'entity_1',
      name: 'Núñez y Peña S.L.',
      country: 'ES',
      vat_id: 'ESB12345674',
      uses_oss: false,
      zone: 'Europe/Madrid',
      language: 'es',
      address: { street: 'Calle de Alcalá 1', postcode: '28009', city: 'Madrid' },
      iban: 'ES9121000418450200051332',
      email: 'bills@seller.example',
      created_at: AT,
    })
    .insert('accounts', {
      id: 'account_1',
      legal_name: 'Globex GmbH',
      country: 'DE',
      language: 'en',
      vat_id: 'DE123456788',
      bill_to: { street: 'Große Straße 7', postcode: '10115', city: 'Berlin' },
      email: 'accounts-payable@globex.example',
      payer_aliases: [],
      revision: 1,
      created_at: AT,
    })
    .insert('contacts', {
      id: 'contact_1',
      name: 'Zuleika Quimby',
      email: 'zuleika@globex.example',
      language: 'en',
      created_at: AT,
    })
    .insert('price_books', {
      id: 'book_1',
      name: 'List',
      currency: 'EUR',
      valid_from: '2026-01-01',
      revision: 1,
      created_at: AT,
    })
    .insert('products', {
      id: 'product_1',
      sku: 'PUMP',
      name: { en: 'Pump' },
      family: 'pumps',
      supply: 'goods',
      discountable: true,
      unit: 'piece',
      unit_decimals: 0,
      tax_class: 'standard',
      charged_on: 'each_delivery',
      lead_days: 0,
      active: true,
      revision: 1,
      created_at: AT,
    });
  await db.query(
    `insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day) values ($1, now(), 86400)`,
    [later(2)],
  );
  await base.run(db);
  await deal(db);
}

async function deal(db: Db): Promise<void> {
  const totals = { net_minor: 180_000n, tax_minor: 37_800n, gross_minor: 217_800n };
  const treated = { tax_treatment: 'S', tax_rate_bps: 2100 };
  const made = { lead_id: 'lead_1', created_by: 'person_rep', created_at: later(-48) };
  const revision = (number: number, status: string) => ({
    quote_id: QUOTE,
    revision: number,
    status,
    content_hash: hash,
    price_book_id: 'book_1',
    discount_bps: 0,
    effective_discount_bps: 1000,
    max_line_discount_bps: 1000,
    list_minor: 200_000n,
    ...totals,
    terms: { id: 'net30', kind: 'net', days: 30 },
    valid_days: 30,
    valid_until: '2026-12-22',
    pins: { approval: 1 },
    offered_at: status === 'offered' ? AT : null,
    ...made,
  });
  const line = (number: number) => ({
    quote_id: QUOTE,
    revision: number,
    position: 1,
    product_id: 'product_1',
    sku: 'PUMP',
    name: 'Pump 200 l/min',
    family: 'pumps',
    quantity: '2',
    unit_price: '1000',
    discount_bps: 1000,
    list_minor: 200_000n,
    net_minor: totals.net_minor,
    tax_minor: totals.tax_minor,
    ...treated,
    tax_reason: 'domestic',
    tax_class: 'standard',
    supply: 'goods',
    charged_on: 'each_delivery',
    waterfall: [],
  });
  await new Writes()
    .insert('leads', {
      id: 'lead_1',
      revision: 3,
      stage: 'collecting',
      stage_since: AT,
      owner_id: 'person_rep',
      account_id: 'account_1',
      contact_id: 'contact_1',
      channel: 'website',
      source: {},
      score_reasons: [],
      pins: {},
      captured_at: later(-72),
      reopened: 0,
      nurture_rounds: 0,
    })
    .insert('audit_heads', { subject: 'lead_1', seq: 0n, hash: Buffer.alloc(32) })
    .insert('quotes', {
      id: QUOTE,
      account_id: 'account_1',
      entity_id: 'entity_1',
      currency: 'EUR',
      ...made,
    })
    .insert('quote_revisions', revision(1, 'superseded'), revision(2, 'offered'), revision(3, 'draft'))
    .insert('quote_lines', line(1), line(2), line(3))
    .insert('approvals', {
      id: 'appr_1',
      quote_id: QUOTE,
      revision: 2,
      lead_id: 'lead_1',
      sequence: 1,
      rule_id: 'discount-10',
      text_code: 'approval.discount',
      approver_id: 'person_boss',
      requested_by: 'person_rep',
      status: 'open',
      level: 0,
      amount_minor: 180_000n,
      currency: 'EUR',
      content_hash: hash,
    })
    .insert(
      'waits',
      wait('approval', 'appr_1', 'manager', 24),
      wait('qualification', 'lead_1', 'rep', 24),
      wait('quote', 'lead_1', 'rep', 48),
    )
    .insert('orders', {
      id: 'order_1',
      number: 'ORD-000031',
      seq: 31n,
      lead_id: 'lead_1',
      quote_id: QUOTE,
      quote_revision: 2,
      account_id: 'account_1',
      entity_id: 'entity_1',
      currency: 'EUR',
      status: 'open',
      accepted_by_name: 'Zuleika Quimby',
      accepted_by_email: 'zuleika@globex.example',
      purchase_order: 'PO 4711',
      content_hash: hash,
      ...totals,
      terms: { id: 'net30', kind: 'net', days: 30 },
      bill_on: 'delivery',
      pins: {},
      ordered_at: AT,
      ordered_on: '2026-11-22',
      deliver_by: '2026-12-01',
    })
    .insert('order_lines', {
      id: 'oline_1',
      order_id: 'order_1',
      position: 1,
      product_id: 'product_1',
      sku: 'PUMP',
      name: 'Pump 200 l/min',
      family: 'pumps',
      unit: 'piece',
      charged_on: 'each_delivery',
      quantity: '2',
      delivered: '2',
      billed: '2',
      net_minor: totals.net_minor,
      invoiced_minor: totals.net_minor,
      recognised_minor: 0n,
      ...treated,
      tax_reason: 'domestic',
    })
    .run(db);
  await bills(db, totals, treated);
}

const wait = (kind: string, subject: string, role: string, hours: number) => ({
  lead_id: 'lead_1',
  kind,
  subject,
  role,
  person_id: role === 'manager' ? 'person_boss' : 'person_rep',
  since: AT,
  until: later(hours),
  level: 0,
  due_step: 'due',
});
