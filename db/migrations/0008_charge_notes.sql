-- Reminder fees and late interest stand on documents of their own, linked to the invoice they are charged for and
-- never part of its total. The invoice's row is the one lock of both.
create table charge_notes (
  id text collate "C" primary key,
  entity_id text collate "C" not null references legal_entities,
  series text not null default 'charge_note' check (series = 'charge_note'),
  seq bigint not null,
  number text not null,
  invoice_id text collate "C" not null references invoices,
  lead_id text collate "C" not null references leads,
  account_id text collate "C" not null references accounts,
  letter_id text collate "C" not null references reminder_letters,
  currency text not null,
  level int not null check (level > 0),
  issued_on date not null,
  issued_at timestamptz not null,
  due_on date not null,
  fee_minor bigint not null check (fee_minor >= 0),
  interest_minor bigint not null check (interest_minor >= 0),
  -- First and last day the interest is charged for.
  interest_from_on date,
  interest_until_on date,
  allocated_fee_minor bigint not null default 0 check (allocated_fee_minor >= 0),
  allocated_interest_minor bigint not null default 0 check (allocated_interest_minor >= 0),
  waived_fee_minor bigint not null default 0 check (waived_fee_minor >= 0),
  waived_interest_minor bigint not null default 0 check (waived_interest_minor >= 0),
  written_off_fee_minor bigint not null default 0 check (written_off_fee_minor >= 0),
  written_off_interest_minor bigint not null default 0 check (written_off_interest_minor >= 0),
  total_minor bigint not null generated always as (fee_minor + interest_minor) stored,
  open_minor bigint not null generated always as (fee_minor + interest_minor - allocated_fee_minor
    - allocated_interest_minor - waived_fee_minor - waived_interest_minor - written_off_fee_minor
    - written_off_interest_minor) stored,
  pins jsonb not null,
  recorded_at timestamptz not null default now(),
  unique (entity_id, series, seq),
  unique (number, entity_id),
  unique (id, invoice_id, letter_id),
  constraint one_charge_note_per_invoice_and_letter unique (letter_id, invoice_id),
  constraint a_charge_note_charges_something check (fee_minor + interest_minor > 0),
  constraint fees_never_overpaid
    check (allocated_fee_minor + waived_fee_minor + written_off_fee_minor <= fee_minor),
  constraint interest_never_overpaid
    check (allocated_interest_minor + waived_interest_minor + written_off_interest_minor <= interest_minor),
  constraint interest_names_its_days check (case when interest_minor > 0
    then interest_from_on is not null and interest_until_on is not null and interest_from_on <= interest_until_on
    else interest_from_on is null and interest_until_on is null end)
);
create index charge_notes_invoice on charge_notes (invoice_id);
create index charge_notes_lead on charge_notes (lead_id);
create index charge_notes_account on charge_notes (account_id);
create index charge_notes_open on charge_notes (account_id, currency) where open_minor > 0;

create table charge_note_lines (
  charge_note_id text collate "C" not null,
  position int not null check (position > 0),
  invoice_id text collate "C" not null,
  letter_id text collate "C" not null,
  kind text not null check (kind in ('reminder_fee', 'flat_compensation', 'interest')),
  amount_minor bigint not null check (amount_minor > 0),
  -- How the interest was counted: [{fromOn, untilOn, days, principalMinor, rateBps}], one per principal and rate.
  periods jsonb,
  primary key (charge_note_id, position),
  foreign key (charge_note_id, invoice_id, letter_id) references charge_notes (id, invoice_id, letter_id),
  constraint only_interest_has_periods check ((kind = 'interest') = (periods is not null))
);
create unique index one_reminder_fee_per_letter on charge_note_lines (letter_id) where kind = 'reminder_fee';
create unique index flat_compensation_once_per_invoice on charge_note_lines (invoice_id)
  where kind = 'flat_compensation';

create function charge_note_belongs_to_its_invoice() returns trigger language plpgsql as $$
begin
  if not exists (select from invoices i where i.id = new.invoice_id and i.kind = 'invoice'
      and (i.entity_id, i.account_id, i.lead_id, i.currency)
        = (new.entity_id, new.account_id, new.lead_id, new.currency)) then
    raise exception 'charge note % names another seller, customer, lead or currency than its invoice', new.id
      using errcode = 'check_violation', constraint = 'charge_note_belongs_to_its_invoice';
  end if;
  if exists (select from charge_notes n where n.invoice_id = new.invoice_id
      and n.interest_until_on >= new.interest_from_on) then
    raise exception 'interest on invoice % is charged until % already', new.invoice_id, new.interest_from_on
      using errcode = 'check_violation', constraint = 'interest_charges_each_day_once';
  end if;
  return new;
end $$;
create trigger charge_note_belongs_to_its_invoice before insert on charge_notes
  for each row execute function charge_note_belongs_to_its_invoice();

create function charge_note_is_its_lines() returns trigger language plpgsql as $$
begin
  if (select (n.fee_minor, n.interest_minor) is distinct from (
        coalesce(sum(l.amount_minor) filter (where l.kind <> 'interest'), 0),
        coalesce(sum(l.amount_minor) filter (where l.kind = 'interest'), 0))
      from charge_notes n left join charge_note_lines l on l.charge_note_id = n.id
      where n.id = new.id group by n.id) then
    raise exception 'charge note % is not the sum of its lines', new.id
      using errcode = 'check_violation', constraint = 'charge_note_is_its_lines';
  end if;
  return null;
end $$;
create constraint trigger charge_note_is_its_lines after insert on charge_notes
  deferrable initially deferred for each row execute function charge_note_is_its_lines();

-- Append only, as allocations of invoices are: what takes cash away again names the row it undoes.
create table charge_allocations (
  id text collate "C" primary key,
  payment_id text collate "C" not null references payments,
  charge_note_id text collate "C" not null references charge_notes,
  lead_id text collate "C" not null references leads,
  fee_minor bigint not null,
  interest_minor bigint not null,
  amount_minor bigint not null generated always as (fee_minor + interest_minor) stored,
  value_on date not null,
  undoes text collate "C" references charge_allocations,
  cause text not null check (cause in ('payment', 'by_hand', 'recovery', 'reversal')),
  recorded_at timestamptz not null default now(),
  constraint a_charge_allocation_moves_something check (fee_minor <> 0 or interest_minor <> 0),
  constraint only_an_undoing_of_charges_is_negative check (case when undoes is null
    then fee_minor >= 0 and interest_minor >= 0 and cause <> 'reversal'
    else fee_minor <= 0 and interest_minor <= 0 and cause = 'reversal' end)
);
create index charge_allocations_note on charge_allocations (charge_note_id);
create index charge_allocations_payment on charge_allocations (payment_id);
create index charge_allocations_lead on charge_allocations (lead_id);
create unique index a_charge_allocation_is_undone_once on charge_allocations (undoes) where undoes is not null;

create table charge_waivers (
  id text collate "C" primary key,
  charge_note_id text collate "C" not null references charge_notes,
  fee_minor bigint not null check (fee_minor >= 0),
  interest_minor bigint not null check (interest_minor >= 0),
  waived_on date not null,
  reason text not null check (length(reason) between 1 and 500),
  decided_by text collate "C" not null references people,
  recorded_at timestamptz not null default now(),
  constraint a_waiver_waives_something check (fee_minor + interest_minor > 0)
);
create index charge_waivers_note on charge_waivers (charge_note_id);

create table charge_write_offs (
  id text collate "C" primary key,
  charge_note_id text collate "C" not null references charge_notes,
  -- Below 0 where money came after all (a recovery): the sums are what is written off now.
  fee_minor bigint not null,
  interest_minor bigint not null,
  written_off_on date not null,
  reason text not null,
  decided_by text collate "C" references people,
  recorded_at timestamptz not null default now(),
  constraint a_charge_write_off_is_something check (fee_minor <> 0 or interest_minor <> 0)
);
create index charge_write_offs_note on charge_write_offs (charge_note_id);

create function payment_recorder_never_forgives_charges() returns trigger language plpgsql as $$
begin
  if exists (select from charge_allocations a join payments p on p.id = a.payment_id
             where a.charge_note_id = new.charge_note_id and p.recorded_by = new.decided_by) then
    raise exception 'whoever recorded a payment on a charge note neither waives it nor writes it off'
      using errcode = 'check_violation', constraint = 'payment_recorder_never_forgives_charges';
  end if;
  return new;
end $$;
create trigger payment_recorder_never_waives_charges before insert on charge_waivers
  for each row execute function payment_recorder_never_forgives_charges();
create trigger payment_recorder_never_writes_off_charges before insert on charge_write_offs
  for each row execute function payment_recorder_never_forgives_charges();

grant select, insert on charge_notes, charge_note_lines, charge_allocations, charge_waivers, charge_write_offs
  to l2c_app;
grant update (allocated_fee_minor, allocated_interest_minor, waived_fee_minor, waived_interest_minor,
  written_off_fee_minor, written_off_interest_minor) on charge_notes to l2c_app;
