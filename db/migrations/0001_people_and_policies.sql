-- Who acts, by which rights, under which rules. Everything later refers to a person and a policy version.

create table people (
  id text collate "C" primary key,
  name text not null check (length(name) between 1 and 200),
  email text not null check (length(email) between 3 and 320),
  language text not null default 'en' check (language in ('en', 'es')),
  manager_id text collate "C" references people,
  team text,
  capacity int not null default 200 check (capacity between 0 and 1000000),
  territories jsonb not null default '[]',
  external_id text unique,
  active boolean not null default true,
  system boolean not null default false,
  left_on date,
  last_assigned_at timestamptz,
  revision int not null default 1,
  created_at timestamptz not null,
  constraint nobody_manages_himself check (manager_id is distinct from id)
);
create unique index people_email_once on people (lower(email)) where active;
create index people_manager on people (manager_id);

create table person_roles (
  person_id text collate "C" not null references people,
  role text not null check (role in ('rep', 'manager', 'marketing', 'fulfilment', 'finance', 'compensation',
    'payee', 'auditor', 'admin', 'integration', 'operations')),
  granted_by text collate "C" references people,
  granted_on date not null,
  primary key (person_id, role),
  constraint nobody_grants_himself check (granted_by is distinct from person_id)
);

create table approval_limits (
  person_id text collate "C" not null references people,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  limit_minor bigint not null check (limit_minor >= 0),
  primary key (person_id, currency)
);

create table delegations (
  id text collate "C" primary key,
  person_id text collate "C" not null references people,
  delegate_id text collate "C" not null references people,
  from_on date not null,
  until_on date not null,
  constraint delegation_ends_after_it_starts check (until_on >= from_on),
  constraint nobody_delegates_to_himself check (delegate_id <> person_id)
);
create index delegations_person on delegations (person_id);

create table api_keys (
  id text collate "C" primary key,
  person_id text collate "C" not null references people,
  label text not null check (length(label) between 1 and 100),
  secret_hash bytea not null unique check (length(secret_hash) = 32),
  scopes text[] not null check (cardinality(scopes) between 1 and 20),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  created_by text collate "C" references people,
  created_at timestamptz not null default now()
);
create index api_keys_person on api_keys (person_id);

-- Answers of plain (drafting, master data) POSTs; decisions and facts are remembered by their message row.
create table idempotency_keys (
  person_id text collate "C" not null references people,
  key text not null check (length(key) between 1 and 200),
  route text not null,
  body_hash bytea not null,
  status int,
  answer jsonb,
  created_at timestamptz not null default now(),
  primary key (person_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

create table policies (
  kind text not null check (kind in ('scoring', 'assignment', 'qualification', 'approval', 'quoting', 'tax',
    'invoicing', 'dunning', 'commission', 'payout', 'notifications')),
  version int not null check (version > 0),
  body jsonb not null,
  body_hash bytea not null check (length(body_hash) = 32),
  created_by text collate "C" references people,
  created_at timestamptz not null,
  primary key (kind, version)
);
-- A commission plan pays out by itself (onEarned) only after two persons other than its editor approved it.
create table policy_approvals (
  kind text not null,
  version int not null,
  person_id text collate "C" not null references people,
  approved_at timestamptz not null,
  primary key (kind, version, person_id),
  foreign key (kind, version) references policies
);
create function policy_editor_never_approves() returns trigger language plpgsql as $$
begin
  if exists (select from policies where kind = new.kind and version = new.version
             and created_by = new.person_id) then
    raise exception 'the editor of a policy never approves it' using errcode = 'check_violation',
      constraint = 'policy_editor_never_approves';
  end if;
  return new;
end $$;
create trigger policy_editor_never_approves before insert on policy_approvals
  for each row execute function policy_editor_never_approves();

create table legal_entities (
  id text collate "C" primary key,
  name text not null,
  country text not null check (country ~ '^[A-Z]{2}$'),
  vat_id text,
  uses_oss boolean not null default false,
  zone text not null,
  language text not null check (language in ('en', 'es')),
  address jsonb not null,
  iban text,
  email text not null,
  created_at timestamptz not null
);

-- The business clock: instant = anchor + (real - real anchor) * 86400 / seconds_per_day.
create table clock_segments (
  id int generated always as identity primary key,
  anchor_at timestamptz not null,
  real_anchor_at timestamptz not null,
  seconds_per_day int not null check (seconds_per_day between 1 and 86400)
);
