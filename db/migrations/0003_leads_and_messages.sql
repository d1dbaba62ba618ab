-- The lead, what it is told, what it waits for, and the record of every change.

create table leads (
  id text collate "C" primary key,
  revision int not null,
  stage text not null check (stage in ('new', 'nurturing', 'qualified', 'quoting', 'approval', 'offered',
    'ordered', 'delivering', 'collecting', 'commission', 'closed')),
  stage_since timestamptz not null,
  outcome text check (outcome in ('won', 'lost', 'disqualified', 'cancelled', 'written_off')),
  outcome_reason text,
  owner_id text collate "C" references people,
  first_contact_by text collate "C" references people,
  account_id text collate "C" references accounts,
  suggested_account_id text collate "C" references accounts,
  contact_id text collate "C" references contacts,
  previous_lead_id text collate "C" references leads,
  channel text not null check (channel in ('advertising', 'social', 'website', 'referral', 'email', 'event',
    'partner', 'import', 'unknown', 'other')),
  source jsonb not null default '{}',
  interest text,
  needs jsonb,
  external_id text,
  country text,
  score int,
  grade text,
  score_reasons jsonb not null default '[]',
  pins jsonb not null default '{}',
  captured_at timestamptz not null,
  occurred_at timestamptz,
  source_won_on date,
  closed_at timestamptz,
  reopened int not null default 0,
  nurture_rounds int not null default 0,
  constraint only_closed_leads_have_an_outcome check ((stage = 'closed') = (outcome is not null)),
  constraint only_closed_leads_have_an_end check ((stage = 'closed') = (closed_at is not null))
);
create unique index leads_external_once on leads (external_id) where external_id is not null;
create index leads_contact on leads (contact_id) where contact_id is not null;
create index leads_open on leads (stage, id) where stage <> 'closed';
create index leads_owner on leads (owner_id, id) where stage <> 'closed';
create index leads_account on leads (account_id) where account_id is not null;

create table touches (
  id text collate "C" primary key,
  lead_id text collate "C" not null references leads,
  channel text not null,
  source jsonb not null default '{}',
  interest text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now()
);
create index touches_lead on touches (lead_id, occurred_at);

create table consents (
  id text collate "C" primary key,
  contact_id text collate "C" not null references contacts,
  purpose text not null,
  granted boolean not null,
  source text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now()
);
create index consents_contact on consents (contact_id, purpose, occurred_at);

-- Everything a workflow is told is first a row here. The body never changes; only its telling and answer do.
create table messages (
  id text collate "C" primary key,
  target text collate "C" not null,
  lead_id text collate "C",
  name text not null,
  kind text not null check (kind in ('decision', 'fact')),
  actor_id text collate "C" references people,
  body jsonb not null,
  body_hash bytea not null check (length(body_hash) = 32),
  not_after timestamptz,
  claimed_until timestamptz,
  told_at timestamptz,
  attempts int not null default 0,
  parked_for text,
  answer jsonb,
  answered_at timestamptz,
  recorded_at timestamptz not null default now(),
  constraint decisions_expire check ((kind = 'decision') = (not_after is not null)),
  constraint an_answer_has_an_instant check ((answer is null) = (answered_at is null))
);
create index messages_untold on messages (claimed_until nulls first, recorded_at) where told_at is null;
create index messages_unanswered on messages (target, recorded_at) where answer is null;
create index messages_lead on messages (lead_id, recorded_at) where lead_id is not null;

create table waits (
  id bigint generated always as identity primary key,
  lead_id text collate "C" not null references leads,
  kind text not null,
  subject text collate "C" not null,
  role text not null,
  person_id text collate "C" references people,
  since timestamptz not null,
  remind_at timestamptz,
  until timestamptz not null,
  level int not null default 0,
  due_step text not null,
  ended_at timestamptz,
  ended_by text check (ended_by in ('fulfilled', 'moved', 'void')),
  constraint an_ended_wait_says_how check ((ended_at is null) = (ended_by is null))
);
create unique index waits_open_once on waits (lead_id, kind, subject) where ended_at is null;
create index waits_due on waits (until) where ended_at is null;
create index waits_person on waits (person_id) where ended_at is null;

create table audit_heads (
  subject text collate "C" primary key,
  seq bigint not null,
  hash bytea not null check (length(hash) = 32)
);
-- hash = sha256(previous hash || entry); the entry is canonical JSON without personal data.
create table audit_entries (
  subject text collate "C" not null,
  seq bigint not null check (seq > 0),
  key text collate "C" not null,
  action text not null,
  entry text not null,
  hash bytea not null check (length(hash) = 32),
  recorded_at timestamptz not null default now(),
  primary key (subject, seq)
);
create unique index audit_key_once on audit_entries (subject, key);

create table tasks (
  id text collate "C" primary key,
  kind text not null,
  lead_id text collate "C" references leads,
  subject text collate "C" not null,
  role text not null,
  person_id text collate "C" references people,
  reason jsonb not null default '{}',
  status text not null default 'open' check (status in ('open', 'resolved')),
  created_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by text collate "C" references people,
  resolution text,
  constraint a_resolved_task_says_by_whom check
    ((status = 'resolved') = (resolved_at is not null))
);
create unique index tasks_open_once on tasks (kind, subject) where status = 'open';
create index tasks_lead on tasks (lead_id) where lead_id is not null;

create table mails (
  id text collate "C" primary key,
  lead_id text collate "C" references leads,
  kind text not null,
  subject text collate "C" not null,
  language text not null check (language in ('en', 'es')),
  status text not null default 'queued' check (status in ('queued', 'sent', 'failed', 'skipped')),
  queued_at timestamptz not null,
  sent_at timestamptz,
  failure text
);
create index mails_lead on mails (lead_id) where lead_id is not null;

create table imports (
  id text collate "C" primary key,
  kind text not null check (kind in ('leads')),
  mapping jsonb not null,
  status text not null check (status in ('running', 'done', 'failed')),
  dry_run boolean not null,
  read_count int not null default 0,
  created_count int not null default 0,
  duplicate_count int not null default 0,
  rejected_count int not null default 0,
  failure text,
  created_by text collate "C" not null references people,
  started_at timestamptz not null default now(),
  ended_at timestamptz
);
create table import_errors (
  import_id text collate "C" not null references imports,
  line int not null,
  column_name text not null,
  reason text not null,
  primary key (import_id, line, column_name)
);
