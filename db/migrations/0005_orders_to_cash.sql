create table number_series (
  entity_id text collate "C" not null references legal_entities,
  series text not null check (series in ('order', 'invoice', 'credit_note', 'deposit', 'charge_note')),
  prefix text not null,
  last_seq bigint not null default 0,
  last_issued_on date,
  primary key (entity_id, series)
);

create table orders (
  id text collate "C" primary key,
  number text not null,
  seq bigint not null,
  lead_id text collate "C" not null references leads,
  quote_id text collate "C" not null,
  quote_revision int not null,
  account_id text collate "C" not null references accounts,
  entity_id text collate "C" not null references legal_entities,
  currency text not null,
  status text not null check (status in ('open', 'delivered', 'cancelled')),
  accepted_by_name text,
  accepted_by_email text,
  purchase_order text,
  content_hash bytea not null,
  net_minor bigint not null,
  tax_minor bigint not null,
  gross_minor bigint not null,
  terms jsonb not null,
  bill_on text not null check (bill_on in ('delivery', 'order')),
  pins jsonb not null,
  ordered_at timestamptz not null,
  ordered_on date not null,
  deliver_by date not null,
  cancelled_at timestamptz,
  cancel_reason text,
  unique (entity_id, seq),
  unique (quote_id, quote_revision),
  foreign key (quote_id, quote_revision) references quote_revisions
);
create index orders_lead on orders (lead_id);

create table order_lines (
  id text collate "C" primary key,
  order_id text collate "C" not null references orders,
  position int not null,
  product_id text collate "C" not null references products,
  sku text not null,
  name text not null,
  family text not null,
  unit text not null,
  charged_on text not null check (charged_on in ('each_delivery', 'first_delivery')),
  quantity numeric(18, 6) not null check (quantity > 0),
  delivered numeric(18, 6) not null default 0,
  billed numeric(18, 6) not null default 0,
  net_minor bigint not null,
  invoiced_minor bigint not null default 0,
  recognised_minor bigint not null default 0,
  tax_treatment text not null,
  tax_rate_bps int not null,
  tax_reason text not null,
  tax_exemption text,
  unique (order_id, position),
  constraint never_delivered_more_than_ordered check (delivered between 0 and quantity),
  constraint never_billed_more_than_ordered check (billed between 0 and quantity),
  constraint never_invoiced_more_than_ordered check (invoiced_minor between 0 and net_minor)
);

create table deliveries (
  id text collate "C" primary key,
  order_id text collate "C" not null references orders,
  key text not null check (length(key) between 1 and 200),
  body_hash bytea not null,
  delivered_at timestamptz not null,
  delivered_on date not null,
  proof text,
  recorded_by text collate "C" not null references people,
  status text not null check (status in ('recorded', 'applied', 'refused')),
  invoice_id text collate "C",
  unique (order_id, key)
);
create table delivery_lines (
  delivery_id text collate "C" not null references deliveries,
  order_line_id text collate "C" not null references order_lines,
  quantity numeric(18, 6) not null check (quantity > 0),
  primary key (delivery_id, order_line_id)
);

create table invoices (
  id text collate "C" primary key,
  kind text not null check (kind in ('invoice', 'credit_note')),
  entity_id text collate "C" not null references legal_entities,
  series text not null,
  seq bigint not null,
  number text not null,
  lead_id text collate "C" not null references leads,
  order_id text collate "C" not null references orders,
  delivery_id text collate "C" references deliveries,
  credits_id text collate "C" references invoices,
  account_id text collate "C" not null references accounts,
  currency text not null,
  issued_on date not null,
  issued_at timestamptz not null,
  tax_point_on date not null,
  due_on date not null,
  net_minor bigint not null check (net_minor >= 0),
  tax_minor bigint not null check (tax_minor >= 0),
  gross_minor bigint not null,
  allocated_minor bigint not null default 0 check (allocated_minor >= 0),
  credited_minor bigint not null default 0 check (credited_minor >= 0),
  discount_minor bigint not null default 0 check (discount_minor >= 0),
  small_difference_minor bigint not null default 0 check (small_difference_minor >= 0),
  written_off_minor bigint not null default 0 check (written_off_minor >= 0),
  open_minor bigint not null generated always as (case when kind = 'invoice' then gross_minor - allocated_minor
    - credited_minor - discount_minor - small_difference_minor - written_off_minor else 0 end) stored,
  dunning_level int not null default 0,
  created_by text collate "C" references people,
  approved_by text collate "C" references people,
  reason text,
  pins jsonb not null,
  unique (entity_id, series, seq),
  unique (number, entity_id),
  constraint invoice_gross_is_net_and_tax check (gross_minor = net_minor + tax_minor),
  constraint invoice_never_overpaid check (open_minor >= 0),
  constraint a_credit_note_credits_an_invoice check ((kind = 'credit_note') = (credits_id is not null)),
  constraint credit_note_maker_never_approves check (created_by is null or created_by is distinct from approved_by)
);
create index invoices_lead on invoices (lead_id);
create index invoices_order on invoices (order_id);
create index invoices_open on invoices (account_id, currency, due_on) where open_minor > 0;
alter table deliveries add constraint delivery_invoice foreign key (invoice_id) references invoices;

create table invoice_lines (
  id text collate "C" primary key,
  invoice_id text collate "C" not null references invoices,
  position int not null,
  order_line_id text collate "C" not null references order_lines,
  quantity numeric(18, 6) not null,
  net_minor bigint not null,
  tax_minor bigint not null,
  gross_minor bigint not null,
  tax_treatment text not null,
  tax_rate_bps int not null,
  credited_net_minor bigint not null default 0,
  credited_tax_minor bigint not null default 0,
  allocated_minor bigint not null default 0,
  tolerated_minor bigint not null default 0,
  written_off_minor bigint not null default 0,
  unique (invoice_id, position),
  constraint line_gross_is_net_and_tax check (gross_minor = net_minor + tax_minor)
);
create index invoice_lines_order_line on invoice_lines (order_line_id);
create table invoice_taxes (
  invoice_id text collate "C" not null references invoices,
  treatment text not null,
  rate_bps int not null,
  base_minor bigint not null,
  tax_minor bigint not null,
  primary key (invoice_id, treatment, rate_bps)
);

create table payments (
  id text collate "C" primary key,
  provider text not null check (length(provider) between 1 and 60),
  reference text not null check (length(reference) between 1 and 140),
  body_hash bytea not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  paid_on date not null,
  method text not null check (method in ('bank_transfer', 'provider', 'cash', 'card', 'direct_debit')),
  invoice_number text,
  payer text,
  remittance text,
  account_id text collate "C" references accounts,
  entity_id text collate "C" not null references legal_entities,
  unapplied_minor bigint not null,
  recorded_by text collate "C" not null references people,
  received_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  reversed_at timestamptz,
  constraint payment_reference_once unique (provider, reference),
  constraint unapplied_within_the_payment check (unapplied_minor between 0 and amount_minor)
);
create table payment_reversals (
  id text collate "C" primary key,
  payment_id text collate "C" not null unique references payments,
  reference text not null,
  reversed_on date not null,
  reason text not null,
  bank_charge_minor bigint not null default 0 check (bank_charge_minor >= 0),
  recorded_by text collate "C" not null references people,
  recorded_at timestamptz not null default now()
);

-- Append only: what takes cash away from an invoice again is a negative row that names the one it undoes.
create table allocations (
  id text collate "C" primary key,
  payment_id text collate "C" not null references payments,
  invoice_id text collate "C" not null references invoices,
  lead_id text collate "C" not null references leads,
  amount_minor bigint not null check (amount_minor <> 0),
  value_on date not null,
  undoes text collate "C" references allocations,
  cause text not null check (cause in ('payment', 'by_hand', 'recovery', 'reversal', 'credit')),
  recorded_at timestamptz not null default now(),
  constraint only_an_undoing_is_negative check ((amount_minor < 0) = (undoes is not null))
);
create index allocations_invoice on allocations (invoice_id);
create index allocations_payment on allocations (payment_id);
create index allocations_lead on allocations (lead_id);
create unique index an_allocation_is_undone_once_by_cause on allocations (undoes, cause)
  where undoes is not null and cause = 'reversal';
create table allocation_lines (
  allocation_id text collate "C" not null references allocations,
  invoice_line_id text collate "C" not null references invoice_lines,
  amount_minor bigint not null,
  primary key (allocation_id, invoice_line_id)
);

create table write_offs (
  id text collate "C" primary key,
  invoice_id text collate "C" not null references invoices,
  lead_id text collate "C" not null references leads,
  -- Below 0 where money came after all (a recovery): the sum is what is written off now.
  amount_minor bigint not null check (amount_minor <> 0),
  written_off_on date not null,
  reason text not null,
  decided_by text collate "C" references people
);
create index write_offs_invoice on write_offs (invoice_id);
create function payment_recorder_never_writes_off() returns trigger language plpgsql as $$
begin
  if exists (select from allocations a join payments p on p.id = a.payment_id
             where a.invoice_id = new.invoice_id and p.recorded_by = new.decided_by) then
    raise exception 'whoever recorded a payment on an invoice never writes it off'
      using errcode = 'check_violation', constraint = 'payment_recorder_never_writes_off';
  end if;
  return new;
end $$;
create trigger payment_recorder_never_writes_off before insert on write_offs
  for each row execute function payment_recorder_never_writes_off();

-- One letter a day for one customer, entity and currency, however many invoices it reminds of.
create table reminder_letters (
  id text collate "C" primary key,
  account_id text collate "C" not null references accounts,
  entity_id text collate "C" not null references legal_entities,
  currency text not null,
  decided_on date not null,
  unique (account_id, entity_id, currency, decided_on)
);
create table reminders (
  invoice_id text collate "C" not null references invoices,
  level int not null check (level > 0),
  round int not null default 1,
  letter_id text collate "C" not null references reminder_letters,
  open_minor bigint not null check (open_minor > 0),
  decided_on date not null,
  decided_at timestamptz not null default clock_timestamp(),
  primary key (invoice_id, level, round)
);

create table ledger_transactions (
  id text collate "C" primary key,
  business_key text collate "C" not null unique,
  kind text not null,
  entity_id text collate "C" not null references legal_entities,
  lead_id text collate "C",
  posted_on date not null,
  recorded_at timestamptz not null default now()
);
create index ledger_transactions_lead on ledger_transactions (lead_id) where lead_id is not null;
create table ledger_entries (
  transaction_id text collate "C" not null references ledger_transactions,
  line int not null,
  account text not null check (account in ('receivable', 'revenue', 'deferred_revenue', 'tax_payable',
    'customer_deposits', 'cash', 'psp_clearing', 'bank_clearing', 'unapplied_cash', 'cash_discount',
    'small_differences', 'payment_fees', 'bank_charges', 'fee_income', 'interest_income', 'bad_debt',
    'bad_debt_recovered', 'commission_expense', 'commission_payable', 'payout_clearing', 'draw_advances')),
  currency text not null,
  amount_minor bigint not null check (amount_minor <> 0),
  party text collate "C",
  primary key (transaction_id, line)
);
create index ledger_entries_account on ledger_entries (account, currency);
create function ledger_transaction_is_zero() returns trigger language plpgsql as $$
begin
  if exists (select from ledger_entries where transaction_id = new.transaction_id
             group by currency having sum(amount_minor) <> 0) then
    raise exception 'ledger transaction % does not sum to zero', new.transaction_id
      using errcode = 'check_violation', constraint = 'ledger_transaction_is_zero';
  end if;
  return null;
end $$;
create constraint trigger ledger_transaction_is_zero after insert on ledger_entries
  deferrable initially deferred for each row execute function ledger_transaction_is_zero();
