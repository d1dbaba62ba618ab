// What every step after the order reads of its lead: order, lines, what is open and what is unsettled.

/** Order lines of one order `o` as JSON; quantities in millionths and amounts as text. */
export const ORDER_LINES = `(select jsonb_agg(jsonb_build_object('lineId', l.id, 'lineNo', l.position,
    'sku', l.sku, 'family', l.family, 'chargedOn', l.charged_on,
    'orderedMicro', (l.quantity * 1000000)::bigint::text,
    'deliveredMicro', (l.delivered * 1000000)::bigint::text,
    'billedMicro', (l.billed * 1000000)::bigint::text, 'netMinor', l.net_minor::text,
    'invoicedMinor', l.invoiced_minor::text, 'recognisedMinor', l.recognised_minor::text,
    'creditedMinor', (select coalesce(sum(c.credited_net_minor), 0)::text from invoice_lines c
      where c.order_line_id = l.id and c.credited_net_minor > 0),
    'treatment', l.tax_treatment, 'rateBps', l.tax_rate_bps, 'taxReason', l.tax_reason) order by l.position)
  from order_lines l where l.order_id = o.id)`;

/** Everything `stateOf` (activities/progress.ts) reads; $1 is the lead, $2 the key of the step. */
export const DEAL = `jsonb_build_object(
  'order', (select jsonb_build_object('id', o.id, 'status', o.status, 'billOn', o.bill_on,
      'accountId', o.account_id, 'entityId', o.entity_id, 'zone', e.zone, 'currency', o.currency,
      'terms', o.terms, 'pins', o.pins, 'cancelReason', o.cancel_reason, 'lines', ${ORDER_LINES})
    from orders o join legal_entities e on e.id = o.entity_id where o.lead_id = $1),
  'uninvoiced', (select coalesce(jsonb_agg(d.id order by d.delivered_at, d.id), '[]') from deliveries d
    join orders o on o.id = d.order_id where o.lead_id = $1 and o.bill_on = 'delivery'
      and d.status = 'applied' and d.invoice_id is null),
  'openInvoices', (select coalesce(jsonb_agg(i.id order by i.id), '[]') from invoices i
    where i.lead_id = $1 and i.open_minor > 0),
  'keptMinor', (select coalesce(sum(i.allocated_minor), 0)::text from invoices i where i.lead_id = $1),
  'writtenOffMinor', (select coalesce(sum(i.written_off_minor), 0)::text from invoices i where i.lead_id = $1),
  'unsettled', (select count(*) from commission_lines c where c.lead_id = $1 and not exists (
    select from payout_items t join payout_lines p on p.payout_id = t.payout_id and p.payee_id = c.payee_id
      and p.currency = c.currency and p.released_at is not null where t.commission_line_id = c.id)),
  'untold', (select count(*) from messages m where m.target = 'lead/' || $1 and m.answer is null
    and m.name = 'paymentApplied' and m.id <> $2))`;
