// A small company whose books are right: written by plain SQL through the real constraints, without a line of
// the engine, so that what checks the books can be tested against something else than what keeps them.
import { createHash } from 'node:crypto';
import type pg from 'pg';

type Row = Readonly<Record<string, unknown>>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GENESIS = Buffer.alloc(32);
export const sha256 = (...parts: (string | Buffer)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

interface Step {
  readonly lead: string;
  readonly action: string;
  /** A message of that name was applied; without it the step was the workflow's own. */
  readonly message?: 'decision' | 'fact';
  readonly to?: string;
  readonly body?: Row;
  readonly write?: () => Promise<void>;
}

/** Everything is dated from 20 days before `nowMs` on, so that nothing is under way any more. */
export class Books {
  readonly #db: pg.ClientBase;
  readonly #heads = new Map<string, { seq: number; hash: Buffer }>();
  readonly #leads = new Map<string, { stage: string; revision: number }>();
  readonly #seqs = new Map<string, number>();
  #atMs: number;

  constructor(db: pg.ClientBase, nowMs: number) {
    this.#db = db;
    this.#atMs = nowMs - 20 * DAY_MS;
  }

  get at(): Date {
    return new Date(this.#atMs);
  }

  get today(): string {
    return this.at.toISOString().slice(0, 10);
  }

  async insert(table: string, ...rows: Row[]): Promise<void> {
    for (const row of rows) {
      const columns = Object.keys(row);
      const places = columns.map((_, i) => `$${i + 1}`).join(', ');
      await this.#db.query(
        `insert into ${table} (${columns.join(', ')}) values (${places})`,
        Object.values(row),
      );
    }
  }

  async update(table: string, by: Row, set: Row): Promise<void> {
    const values = [...Object.values(set), ...Object.values(by)];
    let n = 0;
    const assign = Object.keys(set).map((column) => `${column} = $${++n}`);
    const where = Object.keys(by).map((column) => `${column} = $${++n}`);
    await this.#db.query(`update ${table} set ${assign.join(', ')} where ${where.join(' and ')}`, values);
  }

  async audit(subject: string, key: string, action: string, more: Row = {}): Promise<void> {
    const before = this.#heads.get(subject);
    const said = { action, actor: null, at: this.at.toISOString(), detail: {}, key, ...more };
    const sorted = Object.entries(said).sort(([a], [b]) => (a < b ? -1 : 1));
    const entry = JSON.stringify(Object.fromEntries(sorted));
    const seq = (before?.seq ?? 0) + 1;
    const hash = sha256(before?.hash ?? GENESIS, entry);
    await this.insert('audit_entries', { subject, seq, key, action, entry, hash });
    if (before) await this.update('audit_heads', { subject }, { seq, hash });
    else await this.insert('audit_heads', { subject, seq, hash });
    this.#heads.set(subject, { seq, hash });
  }

  /** One transaction, as a step is one: its rows, the lead, its entry and the answer of its message. */
  async step({ lead, action, message, to, body = {}, write }: Step): Promise<string> {
    const { stage, revision } = this.#leads.get(lead) as { stage: string; revision: number };
    this.#atMs += HOUR_MS;
    const next = { stage: to ?? stage, revision: revision + 1 };
    const key = message ? `msg_${lead}_${next.revision}` : `${lead}/${action}/${revision}`;
    await this.transaction(async () => {
      await write?.();
      if (message) await this.message(key, lead, action, message, body, { result: 'applied' });
      await this.update('leads', { id: lead }, { revision: next.revision });
      if (next.stage !== 'closed' && next.stage !== stage) {
        await this.update('leads', { id: lead }, { stage: next.stage, stage_since: this.at });
      }
      await this.audit(lead, key, action, { revision: next.revision, from: stage, to: next.stage });
    });
    this.#leads.set(lead, next);
    return key;
  }

  async transaction(work: () => Promise<void>): Promise<void> {
    await this.#db.query('begin');
    await work();
    await this.#db.query('commit');
  }

  async message(
    id: string,
    lead: string,
    name: string,
    kind: 'decision' | 'fact',
    body: Row,
    answer: Row | null,
  ): Promise<void> {
    await this.insert('messages', {
      id,
      target: `lead/${lead}`,
      lead_id: lead,
      name,
      kind,
      body,
      body_hash: sha256(JSON.stringify(body)),
      not_after: kind === 'decision' ? this.at : null,
      told_at: this.at,
      answer,
      answered_at: answer && 'now', // The transaction's instant, as its entry has it.
      recorded_at: this.at,
    });
  }

  async post(
    key: string,
    lead: string,
    lines: [account: string, minor: number, party?: string][],
  ): Promise<void> {
    const id = `ltx_${key}`;
    await this.insert('ledger_transactions', {
      id,
      business_key: key,
      kind: key,
      entity_id: 'ent_1',
      lead_id: lead,
      posted_on: this.today,
    });
    await this.insert(
      'ledger_entries',
      ...lines.map(([account, amount_minor, party], line) => ({
        transaction_id: id,
        line,
        account,
        currency: 'EUR',
        amount_minor,
        party: party ?? null,
      })),
    );
  }

  async number(
    series: 'order' | 'invoice' | 'credit_note' | 'charge_note',
  ): Promise<{ seq: number; number: string }> {
    const seq = (this.#seqs.get(series) ?? 0) + 1;
    this.#seqs.set(series, seq);
    const row = { entity_id: 'ent_1', series };
    if (seq === 1) await this.insert('number_series', { ...row, prefix: series });
    await this.update('number_series', row, { last_seq: seq, last_issued_on: this.today });
    return { seq, number: `${series}-${seq}` };
  }

  async wait(lead: string, kind: string, subject = lead): Promise<void> {
    await this.insert('waits', {
      lead_id: lead,
      kind,
      subject,
      role: 'rep',
      since: this.at,
      until: new Date(this.#atMs + 60 * DAY_MS),
      due_step: 'escalate',
    });
  }

  endWaits(lead: string): Promise<void> {
    return this.update('waits', { lead_id: lead }, { ended_at: this.at, ended_by: 'fulfilled' });
  }

  close(lead: string, outcome: string): Promise<void> {
    const closed = { stage: 'closed', outcome, closed_at: this.at, stage_since: this.at };
    return this.update('leads', { id: lead }, closed);
  }

  async company(): Promise<void> {
    const people = ['admin', 'rep', 'boss', 'fin1', 'fin2', 'ful'];
    const created_at = this.at;
    await this.insert(
      'people',
      ...people.map((name) => ({ id: `per_${name}`, name, email: `${name}@example.test`, created_at })),
    );
    const roles = {
      admin: 'admin',
      rep: 'rep',
      boss: 'manager',
      fin1: 'finance',
      fin2: 'finance',
      ful: 'fulfilment',
    };
    await this.insert(
      'person_roles',
      ...Object.entries(roles).map(([name, role]) => ({
        person_id: `per_${name}`,
        role,
        granted_by: null,
        granted_on: '2020-01-01',
      })),
    );
    const limit = { person_id: 'per_boss', currency: 'EUR', limit_minor: 50_000 };
    await this.insert('approval_limits', limit);
    const address = {};
    await this.insert('legal_entities', {
      id: 'ent_1',
      name: 'Example',
      country: 'ES',
      zone: 'Europe/Madrid',
      language: 'es',
      address,
      email: 'office@example.test',
      created_at,
    });
    const policy = { version: 1, body_hash: sha256('{}'), created_by: 'per_admin', created_at };
    await this.insert('policies', {
      ...policy,
      kind: 'invoicing',
      body: { issueOn: 'delivery', withinDays: 2 },
    });
    await this.insert('policies', { ...policy, kind: 'commission', body: {} });
    for (const person_id of ['per_fin1', 'per_fin2']) {
      const approved = { kind: 'commission', version: 1, person_id, approved_at: created_at };
      await this.insert('policy_approvals', approved);
    }
    await this.insert('accounts', { id: 'acc_1', legal_name: 'Customer', country: 'ES', created_at });
    await this.insert('price_books', {
      id: 'book_1',
      name: 'List',
      currency: 'EUR',
      valid_from: '2020-01-01',
      created_at,
    });
    await this.insert('products', {
      id: 'prod_1',
      sku: 'CHAIR',
      name: {},
      family: 'furniture',
      supply: 'goods',
      unit: 'piece',
      tax_class: 'standard',
      created_at,
    });
  }

  /** Called when a lead is inserted: the next steps of it go on from here. */
  begin(lead: string): void {
    this.#leads.set(lead, { stage: 'new', revision: 1 });
  }

  pass(hours: number): void {
    this.#atMs += hours * HOUR_MS;
  }
}
