// Reading the ledger. Ids sort by time, so the newest transaction comes first by its id.
import type { LedgerTransaction } from '../contracts/ledger.js';
import { wireMoney } from '../contracts/money.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export interface LedgerFilter {
  readonly lead?: string;
  readonly businessKey?: string;
  readonly kind?: string;
  readonly party?: string;
  readonly from?: string;
  readonly until?: string;
}

export type LedgerRow = Tables['ledger_transactions'] & {
  readonly entries: {
    readonly line: number;
    readonly account: string;
    readonly currency: string;
    readonly amount: string;
    readonly party: string | null;
  }[];
};

export async function listLedger(
  db: Queryable,
  page: { readonly limit: number; readonly after: { readonly id: string } | null },
  filter: LedgerFilter,
): Promise<LedgerRow[]> {
  const { rows } = await db.query<LedgerRow>({
    text: `select t.*, (select jsonb_agg(jsonb_build_object('line', e.line, 'account', e.account,
          'currency', e.currency, 'amount', e.amount_minor::text, 'party', e.party) order by e.line)
        from ledger_entries e where e.transaction_id = t.id) as entries
      from ledger_transactions t where ($1::text is null or t.id < $1)
        and ($2::text is null or t.lead_id = $2) and ($3::text is null or t.business_key = $3)
        and ($4::text is null or t.kind = $4)
        and ($5::text is null or exists (select from ledger_entries e
          where e.transaction_id = t.id and e.party = $5))
        and ($6::date is null or t.posted_on >= $6) and ($7::date is null or t.posted_on <= $7)
      order by t.id desc limit $8`,
    values: [
      page.after?.id ?? null,
      filter.lead ?? null,
      filter.businessKey ?? null,
      filter.kind ?? null,
      filter.party ?? null,
      filter.from ?? null,
      filter.until ?? null,
      page.limit + 1,
    ],
  });
  return rows;
}

export function ledgerView(row: LedgerRow): LedgerTransaction {
  return {
    id: row.id,
    businessKey: row.business_key,
    kind: row.kind,
    entityId: row.entity_id,
    leadId: row.lead_id,
    postedOn: row.posted_on,
    recordedAt: row.recorded_at.toISOString(),
    entries: row.entries.map(({ currency, amount, ...entry }) => ({
      ...entry,
      amount: wireMoney(amount, currency),
    })),
  };
}
