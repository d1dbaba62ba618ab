create table quotes (
  id text collate "C" primary key,
  lead_id text collate "C" not null references leads,
  account_id text collate "C" not null references accounts,
  entity_id text collate "C" not null references legal_entities,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  created_by text collate "C" not null references people,
  created_at timestamptz not null
);
create index quotes_lead on quotes (lead_id);

create table quote_revisions (
  quote_id text collate "C" not null references quotes,
  revision int not null check (revision > 0),
  lead_id text collate "C" not null references leads,
  status text not null check (status in ('draft', 'submitted', 'rejected', 'offered', 'accepted', 'declined',
    'expired', 'superseded', 'withdrawn')),
  content_hash bytea not null check (length(content_hash) = 32),
  price_book_id text collate "C" not null references price_books,
  discount_bps int not null check (discount_bps between 0 and 10000),
  effective_discount_bps int not null,
  max_line_discount_bps int not null,
  list_minor bigint not null,
  net_minor bigint not null check (net_minor >= 0),
  tax_minor bigint not null check (tax_minor >= 0),
  gross_minor bigint not null,
  terms jsonb not null,
  valid_days int not null check (valid_days between 1 and 3650),
  valid_until date,
  requested_delivery_on date,
  pins jsonb not null,
  created_by text collate "C" not null references people,
  created_at timestamptz not null,
  submitted_at timestamptz,
  submitted_by text collate "C" references people,
  offered_at timestamptz,
  ended_at timestamptz,
  reason text,
  primary key (quote_id, revision),
  constraint gross_is_net_and_tax check (gross_minor = net_minor + tax_minor)
);
create unique index one_live_quote_per_lead on quote_revisions (lead_id)
  where status in ('submitted', 'offered', 'accepted');

create table quote_lines (
  quote_id text collate "C" not null,
  revision int not null,
  position int not null check (position > 0),
  product_id text collate "C" not null references products,
  sku text not null,
  family text not null,
  quantity numeric(18, 6) not null check (quantity > 0),
  unit_price numeric(18, 6) not null,
  discount_bps int not null,
  list_minor bigint not null,
  net_minor bigint not null check (net_minor >= 0),
  tax_minor bigint not null check (tax_minor >= 0),
  tax_treatment text not null check (tax_treatment in ('S', 'K', 'AE', 'G', 'O', 'E', 'Z')),
  tax_rate_bps int not null check (tax_rate_bps between 0 and 10000),
  tax_reason text not null,
  tax_exemption text,
  tax_class text not null,
  supply text not null check (supply in ('goods', 'services')),
  charged_on text not null check (charged_on in ('each_delivery', 'first_delivery')),
  name text not null,
  waterfall jsonb not null,
  primary key (quote_id, revision, position),
  foreign key (quote_id, revision) references quote_revisions
);

create table approvals (
  id text collate "C" primary key,
  quote_id text collate "C" not null,
  revision int not null,
  lead_id text collate "C" not null references leads,
  sequence int not null check (sequence > 0),
  rule_id text not null,
  text_code text not null,
  approver_id text collate "C" references people,
  requested_by text collate "C" not null references people,
  status text not null check (status in ('waiting', 'open', 'approved', 'rejected', 'void')),
  level int not null default 0,
  amount_minor bigint not null,
  currency text not null,
  limit_minor bigint,
  content_hash bytea not null check (length(content_hash) = 32),
  decided_by text collate "C" references people,
  decided_at timestamptz,
  reason text,
  foreign key (quote_id, revision) references quote_revisions,
  unique (quote_id, revision, sequence, rule_id),
  constraint nobody_approves_his_own_quote check (decided_by is distinct from requested_by),
  constraint a_decision_has_a_person check
    ((status in ('approved', 'rejected')) = (decided_by is not null and decided_at is not null)),
  constraint nobody_approves_above_his_limit check
    (status <> 'approved' or limit_minor is null or amount_minor <= limit_minor)
);
create index approvals_open on approvals (approver_id) where status = 'open';
create index approvals_lead on approvals (lead_id);

-- Who made the quote on this lead never approves it, whoever submitted it.
create function quote_maker_never_approves() returns trigger language plpgsql as $$
begin
  if new.status = 'approved' and exists (
      select from quote_revisions r where r.quote_id = new.quote_id and r.revision = new.revision
        and (r.created_by = new.decided_by or r.content_hash <> new.content_hash)) then
    raise exception 'the maker of a quote never approves it, and only what was submitted is approved'
      using errcode = 'check_violation', constraint = 'quote_maker_never_approves';
  end if;
  return new;
end $$;
create trigger quote_maker_never_approves before update on approvals
  for each row when (new.status = 'approved') execute function quote_maker_never_approves();
