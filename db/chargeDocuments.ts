// Charge notes as they are printed: one statement, complete, in the customer's language unless another is wanted.
import type { ChargeNoteDocument, Language } from '../documents/types.js';
import type { ChargeKind } from '../domain/collections/charges.js';
import type { PeriodJson } from './charges.js';
import { CUSTOMER, type PartiesJson, partiesOf, SELLER } from './documents.js';
import type { Queryable } from './pool.js';

export interface ChargeDocumentJson extends PartiesJson {
  readonly number: string;
  readonly issuedOn: string;
  readonly dueOn: string;
  readonly level: number;
  readonly totalMinor: string;
  readonly invoice: ChargeNoteDocument['invoice'];
  readonly lines: readonly {
    readonly kind: ChargeKind;
    readonly amountMinor: string;
    readonly periods: readonly PeriodJson[] | null;
  }[];
}

/** The charge note `n` of invoice `i` for account `a` and entity `e` as ChargeDocumentJson. */
export const CHARGE_DOCUMENT = `jsonb_build_object('number', n.number, 'issuedOn', n.issued_on, 'dueOn', n.due_on,
  'level', n.level, 'currency', n.currency, 'totalMinor', n.total_minor::text, 'seller', ${SELLER},
  'customer', ${CUSTOMER},
  'invoice', jsonb_build_object('number', i.number, 'issuedOn', i.issued_on, 'dueOn', i.due_on),
  'lines', (select jsonb_agg(jsonb_build_object('kind', l.kind, 'amountMinor', l.amount_minor::text,
      'periods', l.periods) order by l.position) from charge_note_lines l where l.charge_note_id = n.id))`;

/** A charge note, ready to be printed; undefined where there is none. Language of the customer by default. */
export async function readChargeDocument(
  db: Queryable,
  chargeNoteId: string,
  language?: Language,
): Promise<ChargeNoteDocument | undefined> {
  const { rows } = await db.query<{ document: ChargeDocumentJson }>({
    name: 'charge_document',
    text: `select ${CHARGE_DOCUMENT} as document from charge_notes n join invoices i on i.id = n.invoice_id
      join accounts a on a.id = n.account_id join legal_entities e on e.id = n.entity_id where n.id = $1`,
    values: [chargeNoteId],
  });
  return rows[0] && chargeDocumentOf(rows[0].document, language);
}

/** What CHARGE_DOCUMENT gave, as the printer takes it. */
export function chargeDocumentOf(
  json: ChargeDocumentJson,
  language = json.customer.language,
): ChargeNoteDocument {
  const { number, issuedOn, dueOn, level, invoice, totalMinor } = json;
  return {
    ...partiesOf(json, language),
    number,
    issuedOn,
    dueOn,
    level,
    invoice,
    totalMinor: BigInt(totalMinor),
    lines: json.lines.map(({ kind, amountMinor, periods }) => ({
      kind,
      amountMinor: BigInt(amountMinor),
      periods:
        periods?.map((period) => ({ ...period, principalMinor: BigInt(period.principalMinor) })) ?? null,
    })),
  };
}
