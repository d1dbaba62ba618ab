-- Who is credited for an order, what was earned on which cash, and what was paid of it.

create table commission_credits (
  order_id text collate "C" not null references orders,
  payee_id text collate "C" not null references people,
  component text not null check (component ~ '^(direct|override[1-9])$'),
  -- Roles of the payee in the deal, or the reports whose basis an override takes.
  roles text[] not null,
  report_ids text[] not null,
  share_bps int not null check (share_bps between 0 and 10000),
  plan_version int not null,
  primary key (order_id, payee_id, component)
);

create table payouts (
  id text collate "C" primary key,
  mode text not null check (mode in ('on_earned', 'monthly')),
  period text not null check (period ~ '^[0-9]{4}-[0-9]{2}$'),
  run int not null,
  lead_id text collate "C" references leads,
  status text not null check (status in ('calculated', 'released', 'confirmed')),
  plan_version int,
  calculated_by text collate "C" references people,
  calculated_at timestamptz not null,
  confirmed_at timestamptz
);
create unique index payout_run_once on payouts (period, run) where mode = 'monthly';
create index payouts_lead on payouts (lead_id) where lead_id is not null;

create table payout_lines (
  payout_id text collate "C" not null references payouts,
  payee_id text collate "C" not null references people,
  currency text not null,
  -- What its lines sum to; less when a bounce reversed more than was earned.
  earned_minor bigint not null,
  -- What is paid: what was earned and what was carried from before, never below nothing.
  amount_minor bigint not null check (amount_minor >= 0),
  released_by text collate "C" references people,
  released_at timestamptz,
  confirmed_at timestamptz,
  primary key (payout_id, payee_id, currency),
  constraint nobody_releases_his_own_payout check (released_by is distinct from payee_id)
);
-- What was left over is found without reading every payout ever made to a payee.
create index payout_lines_carried on payout_lines (payee_id, currency) where earned_minor <> amount_minor;
-- Whoever calculated a run, or edited the plan behind it, does not release it.
create function payout_maker_never_releases() returns trigger language plpgsql as $$
begin
  if exists (select from payouts p where p.id = new.payout_id and p.calculated_by = new.released_by)
     or exists (select from payouts p join payout_items i on i.payout_id = p.id
                join commission_lines c on c.id = i.commission_line_id
                join policies o on o.kind = 'commission' and o.version = c.plan_version
                where p.id = new.payout_id and o.created_by = new.released_by) then
    raise exception 'whoever calculated a payout or edited its plan never releases it'
      using errcode = 'check_violation', constraint = 'payout_maker_never_releases';
  end if;
  return new;
end $$;
create trigger payout_maker_never_releases before insert or update on payout_lines
  for each row when (new.released_by is not null) execute function payout_maker_never_releases();

create table commission_lines (
  id text collate "C" primary key,
  lead_id text collate "C" not null references leads,
  order_id text collate "C" not null references orders,
  invoice_id text collate "C" not null references invoices,
  invoice_line_id text collate "C" not null references invoice_lines,
  allocation_id text collate "C" not null references allocations,
  payee_id text collate "C" not null references people,
  component text not null check (component ~ '^(direct|override[1-9])$'),
  plan_version int not null,
  family text not null,
  basis_minor bigint not null,
  rate_bps int not null check (rate_bps between 0 and 10000),
  amount_minor bigint not null,
  currency text not null,
  sequence int not null default 0,
  corrects text collate "C" references commission_lines,
  earned_on date not null,
  recorded_at timestamptz not null default now(),
  constraint commission_line_once unique
    (allocation_id, invoice_line_id, payee_id, component, plan_version, sequence),
  constraint a_correction_names_its_line check ((sequence > 0) = (corrects is not null))
);
create index commission_lines_lead on commission_lines (lead_id);
create index commission_lines_payee on commission_lines (payee_id, earned_on);
create index commission_lines_corrects on commission_lines (corrects) where corrects is not null;

create table payout_items (
  commission_line_id text collate "C" primary key references commission_lines,
  payout_id text collate "C" not null references payouts
);
create index payout_items_payout on payout_items (payout_id);
