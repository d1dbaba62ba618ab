-- Written from the catalogs by `l2c db schema`; a test compares it. Never edited by hand.

create table accounts (
  id text not null,
  legal_name text not null,
  parent_id text,
  country text not null,
  language text not null default 'en'::text,
  vat_id text,
  bill_to jsonb not null default '{}'::jsonb,
  email text,
  email_domain text,
  segment text,
  terms jsonb,
  payer_aliases text[] not null default '{}'::text[],
  external_id text,
  revision integer not null default 1,
  created_at timestamp with time zone not null,
  constraint accounts_external_id_key UNIQUE (external_id),
  constraint accounts_pkey PRIMARY KEY (id),
  constraint accounts_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES accounts(id),
  constraint accounts_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
  constraint accounts_language_check CHECK ((language = ANY (ARRAY['en'::text, 'es'::text]))),
  constraint accounts_legal_name_check CHECK (((length(legal_name) >= 1) AND (length(legal_name) <= 300)))
);

create table allocation_lines (
  allocation_id text not null,
  invoice_line_id text not null,
  amount_minor bigint not null,
  constraint allocation_lines_pkey PRIMARY KEY (allocation_id, invoice_line_id),
  constraint allocation_lines_allocation_id_fkey FOREIGN KEY (allocation_id) REFERENCES allocations(id),
  constraint allocation_lines_invoice_line_id_fkey FOREIGN KEY (invoice_line_id) REFERENCES invoice_lines(id)
);

create table allocations (
  id text not null,
  payment_id text not null,
  invoice_id text not null,
  lead_id text not null,
  amount_minor bigint not null,
  value_on date not null,
  undoes text,
  cause text not null,
  recorded_at timestamp with time zone not null default now(),
  allocated_by text,
  constraint allocations_pkey PRIMARY KEY (id),
  constraint allocations_allocated_by_fkey FOREIGN KEY (allocated_by) REFERENCES people(id),
  constraint allocations_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(id),
  constraint allocations_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint allocations_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments(id),
  constraint allocations_undoes_fkey FOREIGN KEY (undoes) REFERENCES allocations(id),
  constraint allocations_amount_minor_check CHECK ((amount_minor <> 0)),
  constraint allocations_cause_check CHECK ((cause = ANY (ARRAY['payment'::text, 'by_hand'::text, 'recovery'::text, 'reversal'::text, 'credit'::text]))),
  constraint only_an_undoing_is_negative CHECK (((amount_minor < 0) = (undoes IS NOT NULL)))
);

create table api_keys (
  id text not null,
  person_id text not null,
  label text not null,
  secret_hash bytea not null,
  scopes text[] not null,
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  created_by text,
  created_at timestamp with time zone not null default now(),
  constraint api_keys_secret_hash_key UNIQUE (secret_hash),
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES people(id),
  constraint api_keys_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id),
  constraint api_keys_label_check CHECK (((length(label) >= 1) AND (length(label) <= 100))),
  constraint api_keys_scopes_check CHECK (((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 20))),
  constraint api_keys_secret_hash_check CHECK ((length(secret_hash) = 32))
);

create table approval_limits (
  person_id text not null,
  currency text not null,
  limit_minor bigint not null,
  constraint approval_limits_pkey PRIMARY KEY (person_id, currency),
  constraint approval_limits_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id),
  constraint approval_limits_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint approval_limits_limit_minor_check CHECK ((limit_minor >= 0))
);

create table approvals (
  id text not null,
  quote_id text not null,
  revision integer not null,
  lead_id text not null,
  sequence integer not null,
  rule_id text not null,
  text_code text not null,
  approver_id text,
  requested_by text not null,
  status text not null,
  level integer not null default 0,
  amount_minor bigint not null,
  currency text not null,
  limit_minor bigint,
  content_hash bytea not null,
  decided_by text,
  decided_at timestamp with time zone,
  reason text,
  acting_for text,
  constraint approvals_quote_id_revision_sequence_rule_id_key UNIQUE (quote_id, revision, sequence, rule_id),
  constraint approvals_pkey PRIMARY KEY (id),
  constraint approvals_acting_for_fkey FOREIGN KEY (acting_for) REFERENCES people(id),
  constraint approvals_approver_id_fkey FOREIGN KEY (approver_id) REFERENCES people(id),
  constraint approvals_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES people(id),
  constraint approvals_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint approvals_quote_id_revision_fkey FOREIGN KEY (quote_id, revision) REFERENCES quote_revisions(quote_id, revision),
  constraint approvals_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES people(id),
  constraint a_decision_has_a_person CHECK (((status = ANY (ARRAY['approved'::text, 'rejected'::text])) = ((decided_by IS NOT NULL) AND (decided_at IS NOT NULL)))),
  constraint approvals_content_hash_check CHECK ((length(content_hash) = 32)),
  constraint approvals_sequence_check CHECK ((sequence > 0)),
  constraint approvals_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'open'::text, 'approved'::text, 'rejected'::text, 'void'::text]))),
  constraint nobody_acts_for_himself CHECK (((acting_for IS NULL) OR (acting_for <> decided_by))),
  constraint nobody_approves_above_his_limit CHECK (((status <> 'approved'::text) OR ((limit_minor IS NOT NULL) AND (amount_minor <= limit_minor)))),
  constraint nobody_approves_his_own_quote CHECK ((decided_by IS DISTINCT FROM requested_by)),
  constraint nobody_has_his_own_request_approved CHECK ((acting_for IS DISTINCT FROM requested_by))
);

create table audit_entries (
  subject text not null,
  seq bigint not null,
  key text not null,
  action text not null,
  entry text not null,
  hash bytea not null,
  recorded_at timestamp with time zone not null default now(),
  constraint audit_entries_pkey PRIMARY KEY (subject, seq),
  constraint audit_entries_hash_check CHECK ((length(hash) = 32)),
  constraint audit_entries_seq_check CHECK ((seq > 0))
);

create table audit_heads (
  subject text not null,
  seq bigint not null,
  hash bytea not null,
  constraint audit_heads_pkey PRIMARY KEY (subject),
  constraint audit_heads_hash_check CHECK ((length(hash) = 32))
);

create table charge_allocations (
  id text not null,
  payment_id text not null,
  charge_note_id text not null,
  lead_id text not null,
  fee_minor bigint not null,
  interest_minor bigint not null,
  amount_minor bigint not null generated always as (fee_minor + interest_minor) stored,
  value_on date not null,
  undoes text,
  cause text not null,
  recorded_at timestamp with time zone not null default now(),
  allocated_by text,
  constraint charge_allocations_pkey PRIMARY KEY (id),
  constraint charge_allocations_allocated_by_fkey FOREIGN KEY (allocated_by) REFERENCES people(id),
  constraint charge_allocations_charge_note_id_fkey FOREIGN KEY (charge_note_id) REFERENCES charge_notes(id),
  constraint charge_allocations_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint charge_allocations_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments(id),
  constraint charge_allocations_undoes_fkey FOREIGN KEY (undoes) REFERENCES charge_allocations(id),
  constraint a_charge_allocation_moves_something CHECK (((fee_minor <> 0) OR (interest_minor <> 0))),
  constraint charge_allocations_cause_check CHECK ((cause = ANY (ARRAY['payment'::text, 'by_hand'::text, 'recovery'::text, 'reversal'::text]))),
  constraint only_an_undoing_of_charges_is_negative CHECK (
CASE
    WHEN (undoes IS NULL) THEN ((fee_minor >= 0) AND (interest_minor >= 0) AND (cause <> 'reversal'::text))
    ELSE ((fee_minor <= 0) AND (interest_minor <= 0) AND (cause = 'reversal'::text))
END)
);

create table charge_note_lines (
  charge_note_id text not null,
  position integer not null,
  invoice_id text not null,
  letter_id text not null,
  kind text not null,
  amount_minor bigint not null,
  periods jsonb,
  constraint charge_note_lines_pkey PRIMARY KEY (charge_note_id, "position"),
  constraint charge_note_lines_charge_note_id_invoice_id_letter_id_fkey FOREIGN KEY (charge_note_id, invoice_id, letter_id) REFERENCES charge_notes(id, invoice_id, letter_id),
  constraint charge_note_lines_amount_minor_check CHECK ((amount_minor > 0)),
  constraint charge_note_lines_kind_check CHECK ((kind = ANY (ARRAY['reminder_fee'::text, 'flat_compensation'::text, 'interest'::text]))),
  constraint charge_note_lines_position_check CHECK (("position" > 0)),
  constraint only_interest_has_periods CHECK (((kind = 'interest'::text) = (periods IS NOT NULL)))
);

create table charge_notes (
  id text not null,
  entity_id text not null,
  series text not null default 'charge_note'::text,
  seq bigint not null,
  number text not null,
  invoice_id text not null,
  lead_id text not null,
  account_id text not null,
  letter_id text not null,
  currency text not null,
  level integer not null,
  issued_on date not null,
  issued_at timestamp with time zone not null,
  due_on date not null,
  fee_minor bigint not null,
  interest_minor bigint not null,
  interest_from_on date,
  interest_until_on date,
  allocated_fee_minor bigint not null default 0,
  allocated_interest_minor bigint not null default 0,
  waived_fee_minor bigint not null default 0,
  waived_interest_minor bigint not null default 0,
  written_off_fee_minor bigint not null default 0,
  written_off_interest_minor bigint not null default 0,
  total_minor bigint not null generated always as (fee_minor + interest_minor) stored,
  open_minor bigint not null generated always as (((((((fee_minor + interest_minor) - allocated_fee_minor) - allocated_interest_minor) - waived_fee_minor) - waived_interest_minor) - written_off_fee_minor) - written_off_interest_minor) stored,
  pins jsonb not null,
  recorded_at timestamp with time zone not null default now(),
  constraint charge_notes_entity_id_series_seq_key UNIQUE (entity_id, series, seq),
  constraint charge_notes_id_invoice_id_letter_id_key UNIQUE (id, invoice_id, letter_id),
  constraint charge_notes_number_entity_id_key UNIQUE (number, entity_id),
  constraint one_charge_note_per_invoice_and_letter UNIQUE (letter_id, invoice_id),
  constraint charge_notes_pkey PRIMARY KEY (id),
  constraint charge_notes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  constraint charge_notes_entity_id_fkey FOREIGN KEY (entity_id) REFERENCES legal_entities(id),
  constraint charge_notes_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(id),
  constraint charge_notes_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint charge_notes_letter_id_fkey FOREIGN KEY (letter_id) REFERENCES reminder_letters(id),
  constraint a_charge_note_charges_something CHECK (((fee_minor + interest_minor) > 0)),
  constraint charge_notes_allocated_fee_minor_check CHECK ((allocated_fee_minor >= 0)),
  constraint charge_notes_allocated_interest_minor_check CHECK ((allocated_interest_minor >= 0)),
  constraint charge_notes_fee_minor_check CHECK ((fee_minor >= 0)),
  constraint charge_notes_interest_minor_check CHECK ((interest_minor >= 0)),
  constraint charge_notes_level_check CHECK ((level > 0)),
  constraint charge_notes_series_check CHECK ((series = 'charge_note'::text)),
  constraint charge_notes_waived_fee_minor_check CHECK ((waived_fee_minor >= 0)),
  constraint charge_notes_waived_interest_minor_check CHECK ((waived_interest_minor >= 0)),
  constraint charge_notes_written_off_fee_minor_check CHECK ((written_off_fee_minor >= 0)),
  constraint charge_notes_written_off_interest_minor_check CHECK ((written_off_interest_minor >= 0)),
  constraint fees_never_overpaid CHECK ((((allocated_fee_minor + waived_fee_minor) + written_off_fee_minor) <= fee_minor)),
  constraint interest_names_its_days CHECK (
CASE
    WHEN (interest_minor > 0) THEN ((interest_from_on IS NOT NULL) AND (interest_until_on IS NOT NULL) AND (interest_from_on <= interest_until_on))
    ELSE ((interest_from_on IS NULL) AND (interest_until_on IS NULL))
END),
  constraint interest_never_overpaid CHECK ((((allocated_interest_minor + waived_interest_minor) + written_off_interest_minor) <= interest_minor))
);

create table charge_waivers (
  id text not null,
  charge_note_id text not null,
  fee_minor bigint not null,
  interest_minor bigint not null,
  waived_on date not null,
  reason text not null,
  decided_by text not null,
  recorded_at timestamp with time zone not null default now(),
  constraint charge_waivers_pkey PRIMARY KEY (id),
  constraint charge_waivers_charge_note_id_fkey FOREIGN KEY (charge_note_id) REFERENCES charge_notes(id),
  constraint charge_waivers_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES people(id),
  constraint a_waiver_waives_something CHECK (((fee_minor + interest_minor) > 0)),
  constraint charge_waivers_fee_minor_check CHECK ((fee_minor >= 0)),
  constraint charge_waivers_interest_minor_check CHECK ((interest_minor >= 0)),
  constraint charge_waivers_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);

create table charge_write_offs (
  id text not null,
  charge_note_id text not null,
  fee_minor bigint not null,
  interest_minor bigint not null,
  written_off_on date not null,
  reason text not null,
  decided_by text,
  recorded_at timestamp with time zone not null default now(),
  constraint charge_write_offs_pkey PRIMARY KEY (id),
  constraint charge_write_offs_charge_note_id_fkey FOREIGN KEY (charge_note_id) REFERENCES charge_notes(id),
  constraint charge_write_offs_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES people(id),
  constraint a_charge_write_off_is_something CHECK (((fee_minor <> 0) OR (interest_minor <> 0)))
);

create table clock_segments (
  id integer not null generated always as identity,
  anchor_at timestamp with time zone not null,
  real_anchor_at timestamp with time zone not null,
  seconds_per_day integer not null,
  constraint clock_segments_pkey PRIMARY KEY (id),
  constraint clock_segments_seconds_per_day_check CHECK (((seconds_per_day >= 1) AND (seconds_per_day <= 86400)))
);

create table commission_credits (
  order_id text not null,
  payee_id text not null,
  component text not null,
  roles text[] not null,
  report_ids text[] not null,
  share_bps integer not null,
  plan_version integer not null,
  constraint commission_credits_pkey PRIMARY KEY (order_id, payee_id, component),
  constraint commission_credits_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
  constraint commission_credits_payee_id_fkey FOREIGN KEY (payee_id) REFERENCES people(id),
  constraint commission_credits_component_check CHECK ((component ~ '^(direct|override[1-9])$'::text)),
  constraint commission_credits_share_bps_check CHECK (((share_bps >= 0) AND (share_bps <= 10000)))
);

create table commission_lines (
  id text not null,
  lead_id text not null,
  order_id text not null,
  invoice_id text not null,
  invoice_line_id text not null,
  allocation_id text not null,
  payee_id text not null,
  component text not null,
  plan_version integer not null,
  family text not null,
  basis_minor bigint not null,
  rate_bps integer not null,
  amount_minor bigint not null,
  currency text not null,
  sequence integer not null default 0,
  corrects text,
  earned_on date not null,
  recorded_at timestamp with time zone not null default now(),
  constraint commission_line_once UNIQUE (allocation_id, invoice_line_id, payee_id, component, plan_version, sequence),
  constraint commission_lines_pkey PRIMARY KEY (id),
  constraint commission_lines_allocation_id_fkey FOREIGN KEY (allocation_id) REFERENCES allocations(id),
  constraint commission_lines_corrects_fkey FOREIGN KEY (corrects) REFERENCES commission_lines(id),
  constraint commission_lines_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(id),
  constraint commission_lines_invoice_line_id_fkey FOREIGN KEY (invoice_line_id) REFERENCES invoice_lines(id),
  constraint commission_lines_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint commission_lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
  constraint commission_lines_payee_id_fkey FOREIGN KEY (payee_id) REFERENCES people(id),
  constraint a_correction_names_its_line CHECK (((sequence > 0) = (corrects IS NOT NULL))),
  constraint commission_lines_component_check CHECK ((component ~ '^(direct|override[1-9])$'::text)),
  constraint commission_lines_rate_bps_check CHECK (((rate_bps >= 0) AND (rate_bps <= 10000)))
);

create table consents (
  id text not null,
  contact_id text not null,
  purpose text not null,
  granted boolean not null,
  source text,
  occurred_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null default now(),
  constraint consents_pkey PRIMARY KEY (id),
  constraint consents_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contacts(id)
);

create table contacts (
  id text not null,
  account_id text,
  name text,
  email text,
  phone text,
  company text,
  country text,
  language text not null default 'en'::text,
  email_key text,
  phone_key text,
  domain_key text,
  erased_at timestamp with time zone,
  created_at timestamp with time zone not null,
  constraint contacts_pkey PRIMARY KEY (id),
  constraint contacts_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  constraint contacts_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
  constraint contacts_language_check CHECK ((language = ANY (ARRAY['en'::text, 'es'::text])))
);

create table delegations (
  id text not null,
  person_id text not null,
  delegate_id text not null,
  from_on date not null,
  until_on date not null,
  constraint delegations_pkey PRIMARY KEY (id),
  constraint delegations_delegate_id_fkey FOREIGN KEY (delegate_id) REFERENCES people(id),
  constraint delegations_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id),
  constraint delegation_ends_after_it_starts CHECK ((until_on >= from_on)),
  constraint nobody_delegates_to_himself CHECK ((delegate_id <> person_id))
);

create table deliveries (
  id text not null,
  order_id text not null,
  key text not null,
  body_hash bytea not null,
  delivered_at timestamp with time zone not null,
  delivered_on date not null,
  proof text,
  recorded_by text not null,
  status text not null,
  invoice_id text,
  constraint deliveries_order_id_key_key UNIQUE (order_id, key),
  constraint deliveries_pkey PRIMARY KEY (id),
  constraint deliveries_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
  constraint deliveries_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES people(id),
  constraint delivery_invoice FOREIGN KEY (invoice_id) REFERENCES invoices(id),
  constraint deliveries_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
  constraint deliveries_status_check CHECK ((status = ANY (ARRAY['recorded'::text, 'applied'::text, 'refused'::text])))
);

create table delivery_lines (
  delivery_id text not null,
  order_line_id text not null,
  quantity numeric(18,6) not null,
  constraint delivery_lines_pkey PRIMARY KEY (delivery_id, order_line_id),
  constraint delivery_lines_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id),
  constraint delivery_lines_order_line_id_fkey FOREIGN KEY (order_line_id) REFERENCES order_lines(id),
  constraint delivery_lines_quantity_check CHECK ((quantity > (0)::numeric))
);

create table idempotency_keys (
  person_id text not null,
  key text not null,
  route text not null,
  body_hash bytea not null,
  status integer,
  answer jsonb,
  created_at timestamp with time zone not null default now(),
  constraint idempotency_keys_pkey PRIMARY KEY (person_id, key),
  constraint idempotency_keys_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id),
  constraint idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200)))
);

create table import_errors (
  import_id text not null,
  line integer not null,
  column_name text not null,
  reason text not null,
  constraint import_errors_pkey PRIMARY KEY (import_id, line, column_name),
  constraint import_errors_import_id_fkey FOREIGN KEY (import_id) REFERENCES imports(id)
);

create table imports (
  id text not null,
  kind text not null,
  mapping jsonb not null,
  status text not null,
  dry_run boolean not null,
  read_count integer not null default 0,
  created_count integer not null default 0,
  duplicate_count integer not null default 0,
  rejected_count integer not null default 0,
  failure text,
  created_by text not null,
  started_at timestamp with time zone not null default now(),
  ended_at timestamp with time zone,
  constraint imports_pkey PRIMARY KEY (id),
  constraint imports_created_by_fkey FOREIGN KEY (created_by) REFERENCES people(id),
  constraint imports_kind_check CHECK ((kind = 'leads'::text)),
  constraint imports_status_check CHECK ((status = ANY (ARRAY['running'::text, 'done'::text, 'failed'::text])))
);

create table invitations (
  id text not null,
  person_id text not null,
  secret_hash bytea not null,
  expires_at timestamp with time zone not null,
  created_by text not null,
  created_at timestamp with time zone not null default now(),
  ended_at timestamp with time zone,
  key_id text,
  constraint invitations_secret_hash_key UNIQUE (secret_hash),
  constraint invitations_pkey PRIMARY KEY (id),
  constraint invitations_created_by_fkey FOREIGN KEY (created_by) REFERENCES people(id),
  constraint invitations_key_id_fkey FOREIGN KEY (key_id) REFERENCES api_keys(id),
  constraint invitations_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id),
  constraint invitations_secret_hash_check CHECK ((length(secret_hash) = 32)),
  constraint nobody_invites_himself CHECK ((created_by <> person_id)),
  constraint only_an_ended_invitation_has_a_key CHECK (((key_id IS NULL) OR (ended_at IS NOT NULL)))
);

create table invoice_lines (
  id text not null,
  invoice_id text not null,
  position integer not null,
  order_line_id text not null,
  quantity numeric(18,6) not null,
  net_minor bigint not null,
  tax_minor bigint not null,
  gross_minor bigint not null,
  tax_treatment text not null,
  tax_rate_bps integer not null,
  credited_net_minor bigint not null default 0,
  credited_tax_minor bigint not null default 0,
  allocated_minor bigint not null default 0,
  tolerated_minor bigint not null default 0,
  written_off_minor bigint not null default 0,
  constraint invoice_lines_invoice_id_position_key UNIQUE (invoice_id, "position"),
  constraint invoice_lines_pkey PRIMARY KEY (id),
  constraint invoice_lines_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(id),
  constraint invoice_lines_order_line_id_fkey FOREIGN KEY (order_line_id) REFERENCES order_lines(id),
  constraint line_gross_is_net_and_tax CHECK ((gross_minor = (net_minor + tax_minor)))
);

create table invoice_taxes (
  invoice_id text not null,
  treatment text not null,
  rate_bps integer not null,
  base_minor bigint not null,
  tax_minor bigint not null,
  constraint invoice_taxes_pkey PRIMARY KEY (invoice_id, treatment, rate_bps),
  constraint invoice_taxes_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(id)
);

create table invoices (
  id text not null,
  kind text not null,
  entity_id text not null,
  series text not null,
  seq bigint not null,
  number text not null,
  lead_id text not null,
  order_id text not null,
  delivery_id text,
  credits_id text,
  account_id text not null,
  currency text not null,
  issued_on date not null,
  issued_at timestamp with time zone not null,
  tax_point_on date not null,
  due_on date not null,
  net_minor bigint not null,
  tax_minor bigint not null,
  gross_minor bigint not null,
  allocated_minor bigint not null default 0,
  credited_minor bigint not null default 0,
  discount_minor bigint not null default 0,
  small_difference_minor bigint not null default 0,
  written_off_minor bigint not null default 0,
  open_minor bigint not null generated always as 
CASE
    WHEN (kind = 'invoice'::text) THEN (((((gross_minor - allocated_minor) - credited_minor) - discount_minor) - small_difference_minor) - written_off_minor)
    ELSE (0)::bigint
END stored,
  dunning_level integer not null default 0,
  created_by text,
  approved_by text,
  reason text,
  pins jsonb not null,
  constraint invoices_entity_id_series_seq_key UNIQUE (entity_id, series, seq),
  constraint invoices_number_entity_id_key UNIQUE (number, entity_id),
  constraint invoices_pkey PRIMARY KEY (id),
  constraint invoices_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  constraint invoices_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES people(id),
  constraint invoices_created_by_fkey FOREIGN KEY (created_by) REFERENCES people(id),
  constraint invoices_credits_id_fkey FOREIGN KEY (credits_id) REFERENCES invoices(id),
  constraint invoices_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id),
  constraint invoices_entity_id_fkey FOREIGN KEY (entity_id) REFERENCES legal_entities(id),
  constraint invoices_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint invoices_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
  constraint a_credit_note_credits_an_invoice CHECK (((kind = 'credit_note'::text) = (credits_id IS NOT NULL))),
  constraint credit_note_maker_never_approves CHECK (((kind <> 'credit_note'::text) OR ((created_by IS NOT NULL) AND (approved_by IS NOT NULL) AND (created_by <> approved_by)))) NOT VALID,
  constraint invoice_gross_is_net_and_tax CHECK ((gross_minor = (net_minor + tax_minor))),
  constraint invoice_never_overpaid CHECK ((open_minor >= 0)),
  constraint invoices_allocated_minor_check CHECK ((allocated_minor >= 0)),
  constraint invoices_credited_minor_check CHECK ((credited_minor >= 0)),
  constraint invoices_discount_minor_check CHECK ((discount_minor >= 0)),
  constraint invoices_kind_check CHECK ((kind = ANY (ARRAY['invoice'::text, 'credit_note'::text]))),
  constraint invoices_net_minor_check CHECK ((net_minor >= 0)),
  constraint invoices_small_difference_minor_check CHECK ((small_difference_minor >= 0)),
  constraint invoices_tax_minor_check CHECK ((tax_minor >= 0)),
  constraint invoices_written_off_minor_check CHECK ((written_off_minor >= 0))
);

create table leads (
  id text not null,
  revision integer not null,
  stage text not null,
  stage_since timestamp with time zone not null,
  outcome text,
  outcome_reason text,
  owner_id text,
  first_contact_by text,
  account_id text,
  suggested_account_id text,
  contact_id text,
  previous_lead_id text,
  channel text not null,
  source jsonb not null default '{}'::jsonb,
  interest text,
  needs jsonb,
  external_id text,
  country text,
  score integer,
  grade text,
  score_reasons jsonb not null default '[]'::jsonb,
  pins jsonb not null default '{}'::jsonb,
  captured_at timestamp with time zone not null,
  occurred_at timestamp with time zone,
  source_won_on date,
  closed_at timestamp with time zone,
  reopened integer not null default 0,
  nurture_rounds integer not null default 0,
  constraint leads_pkey PRIMARY KEY (id),
  constraint leads_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  constraint leads_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contacts(id),
  constraint leads_first_contact_by_fkey FOREIGN KEY (first_contact_by) REFERENCES people(id),
  constraint leads_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES people(id),
  constraint leads_previous_lead_id_fkey FOREIGN KEY (previous_lead_id) REFERENCES leads(id),
  constraint leads_suggested_account_id_fkey FOREIGN KEY (suggested_account_id) REFERENCES accounts(id),
  constraint leads_channel_check CHECK ((channel = ANY (ARRAY['advertising'::text, 'social'::text, 'website'::text, 'referral'::text, 'email'::text, 'event'::text, 'partner'::text, 'import'::text, 'unknown'::text, 'other'::text]))),
  constraint leads_outcome_check CHECK ((outcome = ANY (ARRAY['won'::text, 'lost'::text, 'disqualified'::text, 'cancelled'::text, 'written_off'::text]))),
  constraint leads_stage_check CHECK ((stage = ANY (ARRAY['new'::text, 'nurturing'::text, 'qualified'::text, 'quoting'::text, 'approval'::text, 'offered'::text, 'ordered'::text, 'delivering'::text, 'collecting'::text, 'commission'::text, 'closed'::text]))),
  constraint only_closed_leads_have_an_end CHECK (((stage = 'closed'::text) = (closed_at IS NOT NULL))),
  constraint only_closed_leads_have_an_outcome CHECK (((stage = 'closed'::text) = (outcome IS NOT NULL)))
);

create table ledger_entries (
  transaction_id text not null,
  line integer not null,
  account text not null,
  currency text not null,
  amount_minor bigint not null,
  party text,
  constraint ledger_entries_pkey PRIMARY KEY (transaction_id, line),
  constraint ledger_entries_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES ledger_transactions(id),
  constraint ledger_entries_account_check CHECK ((account = ANY (ARRAY['receivable'::text, 'revenue'::text, 'deferred_revenue'::text, 'tax_payable'::text, 'customer_deposits'::text, 'cash'::text, 'psp_clearing'::text, 'bank_clearing'::text, 'unapplied_cash'::text, 'cash_discount'::text, 'small_differences'::text, 'payment_fees'::text, 'bank_charges'::text, 'fee_income'::text, 'interest_income'::text, 'bad_debt'::text, 'bad_debt_recovered'::text, 'commission_expense'::text, 'commission_payable'::text, 'payout_clearing'::text, 'draw_advances'::text]))),
  constraint ledger_entries_amount_minor_check CHECK ((amount_minor <> 0))
);

create table ledger_transactions (
  id text not null,
  business_key text not null,
  kind text not null,
  entity_id text not null,
  lead_id text,
  posted_on date not null,
  recorded_at timestamp with time zone not null default now(),
  constraint ledger_transactions_business_key_key UNIQUE (business_key),
  constraint ledger_transactions_pkey PRIMARY KEY (id),
  constraint ledger_transactions_entity_id_fkey FOREIGN KEY (entity_id) REFERENCES legal_entities(id)
);

create table legal_entities (
  id text not null,
  name text not null,
  country text not null,
  vat_id text,
  uses_oss boolean not null default false,
  zone text not null,
  language text not null,
  address jsonb not null,
  iban text,
  email text not null,
  created_at timestamp with time zone not null,
  constraint legal_entities_pkey PRIMARY KEY (id),
  constraint legal_entities_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
  constraint legal_entities_language_check CHECK ((language = ANY (ARRAY['en'::text, 'es'::text])))
);

create table mails (
  id text not null,
  lead_id text,
  kind text not null,
  subject text not null,
  language text not null,
  status text not null default 'queued'::text,
  queued_at timestamp with time zone not null,
  sent_at timestamp with time zone,
  failure text,
  constraint mails_pkey PRIMARY KEY (id),
  constraint mails_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint mails_language_check CHECK ((language = ANY (ARRAY['en'::text, 'es'::text]))),
  constraint mails_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text, 'skipped'::text])))
);

create table messages (
  id text not null,
  target text not null,
  lead_id text,
  name text not null,
  kind text not null,
  actor_id text,
  body jsonb not null,
  body_hash bytea not null,
  not_after timestamp with time zone,
  claimed_until timestamp with time zone,
  told_at timestamp with time zone,
  attempts integer not null default 0,
  parked_for text,
  answer jsonb,
  answered_at timestamp with time zone,
  recorded_at timestamp with time zone not null default now(),
  bulk boolean not null default false,
  constraint messages_pkey PRIMARY KEY (id),
  constraint messages_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES people(id),
  constraint an_answer_has_an_instant CHECK (((answer IS NULL) = (answered_at IS NULL))),
  constraint decisions_expire CHECK (((kind = 'decision'::text) = (not_after IS NOT NULL))),
  constraint messages_body_hash_check CHECK ((length(body_hash) = 32)),
  constraint messages_kind_check CHECK ((kind = ANY (ARRAY['decision'::text, 'fact'::text])))
);

create table number_series (
  entity_id text not null,
  series text not null,
  prefix text not null,
  last_seq bigint not null default 0,
  last_issued_on date,
  constraint number_series_pkey PRIMARY KEY (entity_id, series),
  constraint number_series_entity_id_fkey FOREIGN KEY (entity_id) REFERENCES legal_entities(id),
  constraint number_series_series_check CHECK ((series = ANY (ARRAY['order'::text, 'invoice'::text, 'credit_note'::text, 'deposit'::text, 'charge_note'::text])))
);

create table order_lines (
  id text not null,
  order_id text not null,
  position integer not null,
  product_id text not null,
  sku text not null,
  name text not null,
  family text not null,
  unit text not null,
  charged_on text not null,
  quantity numeric(18,6) not null,
  delivered numeric(18,6) not null default 0,
  billed numeric(18,6) not null default 0,
  net_minor bigint not null,
  invoiced_minor bigint not null default 0,
  recognised_minor bigint not null default 0,
  tax_treatment text not null,
  tax_rate_bps integer not null,
  tax_reason text not null,
  tax_exemption text,
  constraint order_lines_order_id_position_key UNIQUE (order_id, "position"),
  constraint order_lines_pkey PRIMARY KEY (id),
  constraint order_lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
  constraint order_lines_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
  constraint never_billed_more_than_ordered CHECK (((billed >= (0)::numeric) AND (billed <= quantity))),
  constraint never_delivered_more_than_ordered CHECK (((delivered >= (0)::numeric) AND (delivered <= quantity))),
  constraint never_invoiced_more_than_ordered CHECK (((invoiced_minor >= 0) AND (invoiced_minor <= net_minor))),
  constraint order_lines_charged_on_check CHECK ((charged_on = ANY (ARRAY['each_delivery'::text, 'first_delivery'::text]))),
  constraint order_lines_quantity_check CHECK ((quantity > (0)::numeric))
);

create table orders (
  id text not null,
  number text not null,
  seq bigint not null,
  lead_id text not null,
  quote_id text not null,
  quote_revision integer not null,
  account_id text not null,
  entity_id text not null,
  currency text not null,
  status text not null,
  accepted_by_name text,
  accepted_by_email text,
  purchase_order text,
  content_hash bytea not null,
  net_minor bigint not null,
  tax_minor bigint not null,
  gross_minor bigint not null,
  terms jsonb not null,
  bill_on text not null,
  pins jsonb not null,
  ordered_at timestamp with time zone not null,
  ordered_on date not null,
  deliver_by date not null,
  cancelled_at timestamp with time zone,
  cancel_reason text,
  constraint orders_entity_id_seq_key UNIQUE (entity_id, seq),
  constraint orders_quote_id_quote_revision_key UNIQUE (quote_id, quote_revision),
  constraint orders_pkey PRIMARY KEY (id),
  constraint orders_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  constraint orders_entity_id_fkey FOREIGN KEY (entity_id) REFERENCES legal_entities(id),
  constraint orders_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint orders_quote_id_quote_revision_fkey FOREIGN KEY (quote_id, quote_revision) REFERENCES quote_revisions(quote_id, revision),
  constraint orders_bill_on_check CHECK ((bill_on = ANY (ARRAY['delivery'::text, 'order'::text]))),
  constraint orders_status_check CHECK ((status = ANY (ARRAY['open'::text, 'delivered'::text, 'cancelled'::text])))
);

create table payment_reversals (
  id text not null,
  payment_id text not null,
  reference text not null,
  reversed_on date not null,
  reason text not null,
  bank_charge_minor bigint not null default 0,
  recorded_by text not null,
  recorded_at timestamp with time zone not null default now(),
  constraint payment_reversals_payment_id_key UNIQUE (payment_id),
  constraint payment_reversals_pkey PRIMARY KEY (id),
  constraint payment_reversals_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments(id),
  constraint payment_reversals_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES people(id),
  constraint payment_reversals_bank_charge_minor_check CHECK ((bank_charge_minor >= 0))
);

create table payments (
  id text not null,
  provider text not null,
  reference text not null,
  body_hash bytea not null,
  amount_minor bigint not null,
  currency text not null,
  paid_on date not null,
  method text not null,
  invoice_number text,
  payer text,
  remittance text,
  account_id text,
  entity_id text not null,
  unapplied_minor bigint not null,
  recorded_by text not null,
  received_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null default now(),
  reversed_at timestamp with time zone,
  constraint payment_reference_once UNIQUE (provider, reference),
  constraint payments_pkey PRIMARY KEY (id),
  constraint payments_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  constraint payments_entity_id_fkey FOREIGN KEY (entity_id) REFERENCES legal_entities(id),
  constraint payments_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES people(id),
  constraint payments_amount_minor_check CHECK ((amount_minor > 0)),
  constraint payments_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint payments_method_check CHECK ((method = ANY (ARRAY['bank_transfer'::text, 'provider'::text, 'cash'::text, 'card'::text, 'direct_debit'::text]))),
  constraint payments_provider_check CHECK (((length(provider) >= 1) AND (length(provider) <= 60))),
  constraint payments_reference_check CHECK (((length(reference) >= 1) AND (length(reference) <= 140))),
  constraint unapplied_within_the_payment CHECK (((unapplied_minor >= 0) AND (unapplied_minor <= amount_minor)))
);

create table payout_items (
  commission_line_id text not null,
  payout_id text not null,
  constraint payout_items_pkey PRIMARY KEY (commission_line_id),
  constraint payout_items_commission_line_id_fkey FOREIGN KEY (commission_line_id) REFERENCES commission_lines(id),
  constraint payout_items_payout_id_fkey FOREIGN KEY (payout_id) REFERENCES payouts(id)
);

create table payout_lines (
  payout_id text not null,
  payee_id text not null,
  currency text not null,
  earned_minor bigint not null,
  amount_minor bigint not null,
  released_by text,
  released_at timestamp with time zone,
  confirmed_at timestamp with time zone,
  constraint payout_lines_pkey PRIMARY KEY (payout_id, payee_id, currency),
  constraint payout_lines_payee_id_fkey FOREIGN KEY (payee_id) REFERENCES people(id),
  constraint payout_lines_payout_id_fkey FOREIGN KEY (payout_id) REFERENCES payouts(id),
  constraint payout_lines_released_by_fkey FOREIGN KEY (released_by) REFERENCES people(id),
  constraint nobody_releases_his_own_payout CHECK ((released_by IS DISTINCT FROM payee_id)),
  constraint payout_lines_amount_minor_check CHECK ((amount_minor >= 0))
);

create table payouts (
  id text not null,
  mode text not null,
  period text not null,
  run integer not null,
  lead_id text,
  status text not null,
  plan_version integer,
  calculated_by text,
  calculated_at timestamp with time zone not null,
  confirmed_at timestamp with time zone,
  policy_version integer,
  constraint payouts_pkey PRIMARY KEY (id),
  constraint payouts_calculated_by_fkey FOREIGN KEY (calculated_by) REFERENCES people(id),
  constraint payouts_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint payouts_mode_check CHECK ((mode = ANY (ARRAY['on_earned'::text, 'monthly'::text]))),
  constraint payouts_period_check CHECK ((period ~ '^[0-9]{4}-[0-9]{2}$'::text)),
  constraint payouts_status_check CHECK ((status = ANY (ARRAY['calculated'::text, 'released'::text, 'confirmed'::text])))
);

create table people (
  id text not null,
  name text not null,
  email text not null,
  language text not null default 'en'::text,
  manager_id text,
  team text,
  capacity integer not null default 200,
  territories jsonb not null default '[]'::jsonb,
  external_id text,
  active boolean not null default true,
  system boolean not null default false,
  left_on date,
  last_assigned_at timestamp with time zone,
  revision integer not null default 1,
  created_at timestamp with time zone not null,
  constraint people_external_id_key UNIQUE (external_id),
  constraint people_pkey PRIMARY KEY (id),
  constraint people_manager_id_fkey FOREIGN KEY (manager_id) REFERENCES people(id),
  constraint nobody_manages_himself CHECK ((manager_id IS DISTINCT FROM id)),
  constraint people_capacity_check CHECK (((capacity >= 0) AND (capacity <= 1000000))),
  constraint people_email_check CHECK (((length(email) >= 3) AND (length(email) <= 320))),
  constraint people_language_check CHECK ((language = ANY (ARRAY['en'::text, 'es'::text]))),
  constraint people_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

create table person_roles (
  person_id text not null,
  role text not null,
  granted_by text,
  granted_on date not null,
  constraint person_roles_pkey PRIMARY KEY (person_id, role),
  constraint person_roles_granted_by_fkey FOREIGN KEY (granted_by) REFERENCES people(id),
  constraint person_roles_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id),
  constraint nobody_grants_himself CHECK ((granted_by IS DISTINCT FROM person_id)),
  constraint person_roles_role_check CHECK ((role = ANY (ARRAY['rep'::text, 'manager'::text, 'marketing'::text, 'fulfilment'::text, 'finance'::text, 'compensation'::text, 'payee'::text, 'auditor'::text, 'admin'::text, 'integration'::text, 'operations'::text])))
);

create table policies (
  kind text not null,
  version integer not null,
  body jsonb not null,
  body_hash bytea not null,
  created_by text,
  created_at timestamp with time zone not null,
  constraint policies_pkey PRIMARY KEY (kind, version),
  constraint policies_created_by_fkey FOREIGN KEY (created_by) REFERENCES people(id),
  constraint policies_body_hash_check CHECK ((length(body_hash) = 32)),
  constraint policies_kind_check CHECK ((kind = ANY (ARRAY['scoring'::text, 'assignment'::text, 'qualification'::text, 'approval'::text, 'quoting'::text, 'tax'::text, 'invoicing'::text, 'dunning'::text, 'commission'::text, 'payout'::text, 'notifications'::text]))),
  constraint policies_version_check CHECK ((version > 0))
);

create table policy_approvals (
  kind text not null,
  version integer not null,
  person_id text not null,
  approved_at timestamp with time zone not null,
  constraint policy_approvals_pkey PRIMARY KEY (kind, version, person_id),
  constraint policy_approvals_kind_version_fkey FOREIGN KEY (kind, version) REFERENCES policies(kind, version),
  constraint policy_approvals_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id)
);

create table price_book_entries (
  price_book_id text not null,
  product_id text not null,
  unit_price numeric(18,6) not null,
  constraint price_book_entries_pkey PRIMARY KEY (price_book_id, product_id),
  constraint price_book_entries_price_book_id_fkey FOREIGN KEY (price_book_id) REFERENCES price_books(id),
  constraint price_book_entries_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
  constraint price_book_entries_unit_price_check CHECK ((unit_price >= (0)::numeric))
);

create table price_books (
  id text not null,
  name text not null,
  currency text not null,
  segment text,
  valid_from date not null,
  valid_until date,
  revision integer not null default 1,
  created_at timestamp with time zone not null,
  constraint price_books_name_key UNIQUE (name),
  constraint price_books_pkey PRIMARY KEY (id),
  constraint price_book_ends_after_it_starts CHECK ((valid_until >= valid_from)),
  constraint price_books_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

create table products (
  id text not null,
  sku text not null,
  name jsonb not null,
  family text not null,
  supply text not null,
  discountable boolean not null default true,
  unit text not null,
  unit_decimals integer not null default 0,
  tax_class text not null,
  charged_on text not null default 'each_delivery'::text,
  cost numeric(18,6),
  lead_days integer not null default 0,
  active boolean not null default true,
  revision integer not null default 1,
  created_at timestamp with time zone not null,
  constraint products_sku_key UNIQUE (sku),
  constraint products_pkey PRIMARY KEY (id),
  constraint products_charged_on_check CHECK ((charged_on = ANY (ARRAY['each_delivery'::text, 'first_delivery'::text]))),
  constraint products_cost_check CHECK ((cost >= (0)::numeric)),
  constraint products_family_check CHECK (((length(family) >= 1) AND (length(family) <= 60))),
  constraint products_lead_days_check CHECK (((lead_days >= 0) AND (lead_days <= 3650))),
  constraint products_sku_check CHECK (((length(sku) >= 1) AND (length(sku) <= 60))),
  constraint products_supply_check CHECK ((supply = ANY (ARRAY['goods'::text, 'services'::text]))),
  constraint products_unit_decimals_check CHECK (((unit_decimals >= 0) AND (unit_decimals <= 6)))
);

create table quote_lines (
  quote_id text not null,
  revision integer not null,
  position integer not null,
  product_id text not null,
  sku text not null,
  family text not null,
  quantity numeric(18,6) not null,
  unit_price numeric(18,6) not null,
  discount_bps integer not null,
  list_minor bigint not null,
  net_minor bigint not null,
  tax_minor bigint not null,
  tax_treatment text not null,
  tax_rate_bps integer not null,
  tax_reason text not null,
  tax_exemption text,
  tax_class text not null,
  supply text not null,
  charged_on text not null,
  name text not null,
  waterfall jsonb not null,
  constraint quote_lines_pkey PRIMARY KEY (quote_id, revision, "position"),
  constraint quote_lines_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
  constraint quote_lines_quote_id_revision_fkey FOREIGN KEY (quote_id, revision) REFERENCES quote_revisions(quote_id, revision),
  constraint quote_lines_charged_on_check CHECK ((charged_on = ANY (ARRAY['each_delivery'::text, 'first_delivery'::text]))),
  constraint quote_lines_net_minor_check CHECK ((net_minor >= 0)),
  constraint quote_lines_position_check CHECK (("position" > 0)),
  constraint quote_lines_quantity_check CHECK ((quantity > (0)::numeric)),
  constraint quote_lines_supply_check CHECK ((supply = ANY (ARRAY['goods'::text, 'services'::text]))),
  constraint quote_lines_tax_minor_check CHECK ((tax_minor >= 0)),
  constraint quote_lines_tax_rate_bps_check CHECK (((tax_rate_bps >= 0) AND (tax_rate_bps <= 10000))),
  constraint quote_lines_tax_treatment_check CHECK ((tax_treatment = ANY (ARRAY['S'::text, 'K'::text, 'AE'::text, 'G'::text, 'O'::text, 'E'::text, 'Z'::text])))
);

create table quote_revisions (
  quote_id text not null,
  revision integer not null,
  lead_id text not null,
  status text not null,
  content_hash bytea not null,
  price_book_id text not null,
  discount_bps integer not null,
  effective_discount_bps integer not null,
  max_line_discount_bps integer not null,
  list_minor bigint not null,
  net_minor bigint not null,
  tax_minor bigint not null,
  gross_minor bigint not null,
  terms jsonb not null,
  valid_days integer not null,
  valid_until date,
  requested_delivery_on date,
  pins jsonb not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  submitted_at timestamp with time zone,
  submitted_by text,
  offered_at timestamp with time zone,
  ended_at timestamp with time zone,
  reason text,
  constraint quote_revisions_pkey PRIMARY KEY (quote_id, revision),
  constraint quote_revisions_created_by_fkey FOREIGN KEY (created_by) REFERENCES people(id),
  constraint quote_revisions_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint quote_revisions_price_book_id_fkey FOREIGN KEY (price_book_id) REFERENCES price_books(id),
  constraint quote_revisions_quote_id_fkey FOREIGN KEY (quote_id) REFERENCES quotes(id),
  constraint quote_revisions_submitted_by_fkey FOREIGN KEY (submitted_by) REFERENCES people(id),
  constraint gross_is_net_and_tax CHECK ((gross_minor = (net_minor + tax_minor))),
  constraint quote_revisions_content_hash_check CHECK ((length(content_hash) = 32)),
  constraint quote_revisions_discount_bps_check CHECK (((discount_bps >= 0) AND (discount_bps <= 10000))),
  constraint quote_revisions_net_minor_check CHECK ((net_minor >= 0)),
  constraint quote_revisions_revision_check CHECK ((revision > 0)),
  constraint quote_revisions_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'submitted'::text, 'rejected'::text, 'offered'::text, 'accepted'::text, 'declined'::text, 'expired'::text, 'superseded'::text, 'withdrawn'::text]))),
  constraint quote_revisions_tax_minor_check CHECK ((tax_minor >= 0)),
  constraint quote_revisions_valid_days_check CHECK (((valid_days >= 1) AND (valid_days <= 3650)))
);

create table quotes (
  id text not null,
  lead_id text not null,
  account_id text not null,
  entity_id text not null,
  currency text not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  constraint quotes_pkey PRIMARY KEY (id),
  constraint quotes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  constraint quotes_created_by_fkey FOREIGN KEY (created_by) REFERENCES people(id),
  constraint quotes_entity_id_fkey FOREIGN KEY (entity_id) REFERENCES legal_entities(id),
  constraint quotes_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint quotes_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

create table reminder_letters (
  id text not null,
  account_id text not null,
  entity_id text not null,
  currency text not null,
  decided_on date not null,
  constraint reminder_letters_account_id_entity_id_currency_decided_on_key UNIQUE (account_id, entity_id, currency, decided_on),
  constraint reminder_letters_pkey PRIMARY KEY (id),
  constraint reminder_letters_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  constraint reminder_letters_entity_id_fkey FOREIGN KEY (entity_id) REFERENCES legal_entities(id)
);

create table reminders (
  invoice_id text not null,
  level integer not null,
  letter_id text not null,
  open_minor bigint not null,
  decided_on date not null,
  decided_at timestamp with time zone not null default clock_timestamp(),
  constraint reminders_pkey PRIMARY KEY (invoice_id, level),
  constraint reminders_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(id),
  constraint reminders_letter_id_fkey FOREIGN KEY (letter_id) REFERENCES reminder_letters(id),
  constraint reminders_level_check CHECK ((level > 0)),
  constraint reminders_open_minor_check CHECK ((open_minor > 0))
);

create table tasks (
  id text not null,
  kind text not null,
  lead_id text,
  subject text not null,
  role text not null,
  person_id text,
  reason jsonb not null default '{}'::jsonb,
  status text not null default 'open'::text,
  created_at timestamp with time zone not null,
  resolved_at timestamp with time zone,
  resolved_by text,
  resolution text,
  constraint tasks_pkey PRIMARY KEY (id),
  constraint tasks_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint tasks_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id),
  constraint tasks_resolved_by_fkey FOREIGN KEY (resolved_by) REFERENCES people(id),
  constraint a_resolved_task_says_by_whom CHECK (((status = 'resolved'::text) = (resolved_at IS NOT NULL))),
  constraint tasks_status_check CHECK ((status = ANY (ARRAY['open'::text, 'resolved'::text])))
);

create table touches (
  id text not null,
  lead_id text not null,
  channel text not null,
  source jsonb not null default '{}'::jsonb,
  interest text,
  occurred_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null default now(),
  constraint touches_pkey PRIMARY KEY (id),
  constraint touches_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id)
);

create table waits (
  id bigint not null generated always as identity,
  lead_id text not null,
  kind text not null,
  subject text not null,
  role text not null,
  person_id text,
  since timestamp with time zone not null,
  remind_at timestamp with time zone,
  until timestamp with time zone not null,
  level integer not null default 0,
  due_step text not null,
  ended_at timestamp with time zone,
  ended_by text,
  retry_at timestamp with time zone,
  constraint waits_pkey PRIMARY KEY (id),
  constraint waits_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint waits_person_id_fkey FOREIGN KEY (person_id) REFERENCES people(id),
  constraint an_ended_wait_says_how CHECK (((ended_at IS NULL) = (ended_by IS NULL))),
  constraint waits_ended_by_check CHECK ((ended_by = ANY (ARRAY['fulfilled'::text, 'moved'::text, 'void'::text])))
);

create table write_offs (
  id text not null,
  invoice_id text not null,
  lead_id text not null,
  amount_minor bigint not null,
  written_off_on date not null,
  reason text not null,
  decided_by text,
  constraint write_offs_pkey PRIMARY KEY (id),
  constraint write_offs_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES people(id),
  constraint write_offs_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(id),
  constraint write_offs_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES leads(id),
  constraint write_offs_amount_minor_check CHECK ((amount_minor <> 0))
);

CREATE UNIQUE INDEX a_charge_allocation_is_undone_once ON public.charge_allocations USING btree (undoes) WHERE (undoes IS NOT NULL);
CREATE INDEX accounts_domain ON public.accounts USING btree (email_domain) WHERE (email_domain IS NOT NULL);
CREATE INDEX allocations_invoice ON public.allocations USING btree (invoice_id);
CREATE INDEX allocations_lead ON public.allocations USING btree (lead_id);
CREATE INDEX allocations_payment ON public.allocations USING btree (payment_id);
CREATE INDEX allocations_undoes ON public.allocations USING btree (undoes) WHERE (undoes IS NOT NULL);
CREATE UNIQUE INDEX an_allocation_is_undone_once_by_cause ON public.allocations USING btree (undoes, cause) WHERE ((undoes IS NOT NULL) AND (cause = 'reversal'::text));
CREATE INDEX api_keys_person ON public.api_keys USING btree (person_id);
CREATE INDEX approvals_lead ON public.approvals USING btree (lead_id);
CREATE INDEX approvals_open ON public.approvals USING btree (approver_id) WHERE (status = 'open'::text);
CREATE UNIQUE INDEX audit_key_once ON public.audit_entries USING btree (subject, key);
CREATE INDEX charge_allocations_lead ON public.charge_allocations USING btree (lead_id);
CREATE INDEX charge_allocations_note ON public.charge_allocations USING btree (charge_note_id);
CREATE INDEX charge_allocations_payment ON public.charge_allocations USING btree (payment_id);
CREATE INDEX charge_notes_account ON public.charge_notes USING btree (account_id);
CREATE INDEX charge_notes_invoice ON public.charge_notes USING btree (invoice_id);
CREATE INDEX charge_notes_lead ON public.charge_notes USING btree (lead_id);
CREATE INDEX charge_notes_open ON public.charge_notes USING btree (account_id, currency) WHERE (open_minor > 0);
CREATE INDEX charge_waivers_note ON public.charge_waivers USING btree (charge_note_id);
CREATE INDEX charge_write_offs_note ON public.charge_write_offs USING btree (charge_note_id);
CREATE INDEX commission_lines_corrects ON public.commission_lines USING btree (corrects) WHERE (corrects IS NOT NULL);
CREATE INDEX commission_lines_lead ON public.commission_lines USING btree (lead_id);
CREATE INDEX commission_lines_payee ON public.commission_lines USING btree (payee_id, earned_on);
CREATE INDEX consents_contact ON public.consents USING btree (contact_id, purpose, occurred_at);
CREATE UNIQUE INDEX contacts_email_once ON public.contacts USING btree (email_key) WHERE (email_key IS NOT NULL);
CREATE INDEX contacts_phone ON public.contacts USING btree (phone_key) WHERE (phone_key IS NOT NULL);
CREATE INDEX delegations_person ON public.delegations USING btree (person_id);
CREATE UNIQUE INDEX flat_compensation_once_per_invoice ON public.charge_note_lines USING btree (invoice_id) WHERE (kind = 'flat_compensation'::text);
CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);
CREATE UNIQUE INDEX invitations_open_once ON public.invitations USING btree (person_id) WHERE (ended_at IS NULL);
CREATE INDEX invoice_lines_order_line ON public.invoice_lines USING btree (order_line_id);
CREATE INDEX invoices_lead ON public.invoices USING btree (lead_id);
CREATE INDEX invoices_open ON public.invoices USING btree (account_id, currency, due_on) WHERE (open_minor > 0);
CREATE INDEX invoices_order ON public.invoices USING btree (order_id);
CREATE INDEX leads_account ON public.leads USING btree (account_id) WHERE (account_id IS NOT NULL);
CREATE INDEX leads_contact ON public.leads USING btree (contact_id) WHERE (contact_id IS NOT NULL);
CREATE UNIQUE INDEX leads_external_once ON public.leads USING btree (external_id) WHERE (external_id IS NOT NULL);
CREATE INDEX leads_open ON public.leads USING btree (stage, id) WHERE (stage <> 'closed'::text);
CREATE INDEX leads_owner ON public.leads USING btree (owner_id, id) WHERE (stage <> 'closed'::text);
CREATE INDEX ledger_commission_payable ON public.ledger_entries USING btree (currency, amount_minor) WHERE (account = 'commission_payable'::text);
CREATE INDEX ledger_entries_account ON public.ledger_entries USING btree (account, currency);
CREATE INDEX ledger_transactions_lead ON public.ledger_transactions USING btree (lead_id) WHERE (lead_id IS NOT NULL);
CREATE INDEX mails_lead ON public.mails USING btree (lead_id) WHERE (lead_id IS NOT NULL);
CREATE INDEX messages_lead ON public.messages USING btree (lead_id, recorded_at) WHERE (lead_id IS NOT NULL);
CREATE INDEX messages_silent ON public.messages USING btree (told_at) WHERE ((told_at IS NOT NULL) AND (answer IS NULL));
CREATE INDEX messages_unanswered ON public.messages USING btree (target, recorded_at) WHERE (answer IS NULL);
CREATE INDEX messages_untold_decisions ON public.messages USING btree (recorded_at) WHERE ((told_at IS NULL) AND (kind = 'decision'::text));
CREATE INDEX messages_untold_facts ON public.messages USING btree (bulk, claimed_until NULLS FIRST, recorded_at) WHERE ((told_at IS NULL) AND (kind = 'fact'::text));
CREATE UNIQUE INDEX one_live_quote_per_lead ON public.quote_revisions USING btree (lead_id) WHERE (status = ANY (ARRAY['submitted'::text, 'offered'::text, 'accepted'::text]));
CREATE UNIQUE INDEX one_reminder_fee_per_letter ON public.charge_note_lines USING btree (letter_id) WHERE (kind = 'reminder_fee'::text);
CREATE INDEX orders_lead ON public.orders USING btree (lead_id);
CREATE INDEX payments_unapplied ON public.payments USING btree (currency, unapplied_minor) WHERE (unapplied_minor > 0);
CREATE INDEX payout_items_payout ON public.payout_items USING btree (payout_id);
CREATE INDEX payout_lines_carried ON public.payout_lines USING btree (payee_id, currency) WHERE (earned_minor <> amount_minor);
CREATE UNIQUE INDEX payout_run_once ON public.payouts USING btree (period, run) WHERE (mode = 'monthly'::text);
CREATE INDEX payouts_lead ON public.payouts USING btree (lead_id) WHERE (lead_id IS NOT NULL);
CREATE UNIQUE INDEX people_email_once ON public.people USING btree (lower(email)) WHERE active;
CREATE INDEX people_manager ON public.people USING btree (manager_id);
CREATE INDEX price_books_currency ON public.price_books USING btree (currency, valid_from);
CREATE INDEX quotes_lead ON public.quotes USING btree (lead_id);
CREATE INDEX tasks_lead ON public.tasks USING btree (lead_id) WHERE (lead_id IS NOT NULL);
CREATE UNIQUE INDEX tasks_open_once ON public.tasks USING btree (kind, subject) WHERE (status = 'open'::text);
CREATE INDEX tasks_subject ON public.tasks USING btree (subject);
CREATE INDEX touches_lead ON public.touches USING btree (lead_id, occurred_at);
CREATE INDEX waits_due ON public.waits USING btree (until) WHERE (ended_at IS NULL);
CREATE UNIQUE INDEX waits_open_once ON public.waits USING btree (lead_id, kind, subject) WHERE (ended_at IS NULL);
CREATE INDEX waits_person ON public.waits USING btree (person_id) WHERE (ended_at IS NULL);
CREATE INDEX waits_postponed ON public.waits USING btree (retry_at) WHERE ((retry_at IS NOT NULL) AND (ended_at IS NULL));
CREATE INDEX write_offs_invoice ON public.write_offs USING btree (invoice_id);

CREATE OR REPLACE FUNCTION public.charge_note_belongs_to_its_invoice()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.charge_note_is_its_lines()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.charge_write_off_decider_never_records_a_payment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from charge_write_offs w join payments p on p.id = new.payment_id
             where w.charge_note_id = new.charge_note_id
               and w.decided_by in (p.recorded_by, new.allocated_by)) then
    raise exception 'whoever wrote a charge note off never records a payment on it, nor puts one there'
      using errcode = 'check_violation', constraint = 'write_off_decider_never_records_a_payment';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.erase_contact(who text, erased timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
declare
  person contacts;
  mine text[];
  buyers text[];
  paid text[];
  named text[];
begin
  select * into person from contacts where id = who for update;
  if person.id is null or person.erased_at is not null then
    raise exception 'contact % is not there or erased already', who using errcode = 'P0002';
  end if;
  select coalesce(array_agg(id), '{}') into mine from leads where contact_id = who;
  if exists (select from leads where id = any(mine) and stage <> 'closed') then
    raise exception 'contact % has a lead that is not closed', who using errcode = '23514';
  end if;
  -- Customers nobody else stands for, and which no other system knows.
  select coalesce(array_agg(a.id), '{}') into buyers from accounts a
    where a.external_id is null
      and (a.id = person.account_id or a.id in (select l.account_id from leads l where l.id = any(mine))
        or a.id in (select o.account_id from orders o where o.lead_id = any(mine)))
      and not exists (select from contacts c where c.account_id = a.id and c.id <> who and c.erased_at is null)
      and not exists (select from leads l left join contacts c on c.id = l.contact_id
        where l.account_id = a.id and l.contact_id is distinct from who and c.erased_at is null);
  -- Money of these leads alone; a payment that also settled another's debt stays as that one needs it.
  with shared as (
    select payment_id, lead_id from allocations union select payment_id, lead_id from charge_allocations)
  select coalesce(array_agg(p.id), '{}') into paid from payments p
    where (p.account_id = any(buyers) or p.id in (select payment_id from shared where lead_id = any(mine)))
      and not exists (select from shared s where s.payment_id = p.id and s.lead_id <> all(mine));
  select array_agg(id) into named from (
    select who as id union select unnest(mine) union select unnest(buyers) union select unnest(paid)
    union select id from quotes where lead_id = any(mine) union select id from orders where lead_id = any(mine)
    union select id from invoices where lead_id = any(mine) union select id from charge_notes where lead_id = any(mine)
    union select d.id from deliveries d join orders o on o.id = d.order_id where o.lead_id = any(mine)) n;

  delete from idempotency_keys k where exists (
    select from unnest(named || array_remove(array[person.email, person.email_key], null)) n (id)
    where position(n.id in k.answer::text) > 0);
  delete from import_errors e where exists (
    select from unnest(array[person.name, person.email, person.email_key, person.phone, person.company]) t (said)
    where length(t.said) > 2 and position(lower(t.said) in lower(e.reason)) > 0);
  update accounts set email = null, email_domain = null where id in (
    select account_id from leads where id = any(mine)) and email is not distinct from person.email
    and email is not null;
  update accounts set email = null, email_domain = null, payer_aliases = '{}', revision = revision + 1
    where id = any(buyers);
  -- No document was issued to them: nothing has to name them any more.
  update accounts a set legal_name = 'erased', bill_to = '{}', vat_id = null
    where a.id = any(buyers) and not exists (select from invoices i where i.account_id = a.id)
      and not exists (select from charge_notes c where c.account_id = a.id);
  update consents set source = null where contact_id = who;
  update contacts set name = null, email = null, phone = null, company = null, country = null,
    email_key = null, phone_key = null, domain_key = null, erased_at = erased where id = who;

  -- Campaign and medium are the company's own words and tell what a sale cost.
  update leads set interest = null, needs = null, external_id = null,
      source = source - array['origin', 'landingPage', 'referrer'],
      outcome_reason = case when outcome = 'disqualified' or outcome_reason in ('offer_expired', 'offer_declined')
        then outcome_reason end
    where id = any(mine);
  update touches set interest = null, source = source - array['origin', 'landingPage', 'referrer']
    where lead_id = any(mine);
  update quote_revisions set reason = null where lead_id = any(mine) and reason is not null;
  update approvals set reason = null where lead_id = any(mine) and reason is not null;
  update orders o set accepted_by_name = null, accepted_by_email = null, cancel_reason = null,
      purchase_order = case when exists (select from invoices i where i.order_id = o.id) then purchase_order end
    where o.lead_id = any(mine);
  update deliveries d set proof = null, body_hash = sha256(convert_to('erased ' || d.id, 'UTF8'))
    from orders o where o.id = d.order_id and o.lead_id = any(mine);
  update charge_waivers w set reason = 'erased' from charge_notes n
    where n.id = w.charge_note_id and n.lead_id = any(mine);
  update charge_write_offs w set reason = 'erased' from charge_notes n
    where n.id = w.charge_note_id and n.lead_id = any(mine);
  update payments set payer = null, remittance = null, body_hash = sha256(convert_to('erased ' || id, 'UTF8'))
    where id = any(paid);
  update payment_reversals set reason = 'erased' where payment_id = any(paid);
  update mails set status = 'skipped', failure = 'erased' where lead_id = any(mine) and status = 'queued';
  update tasks set reason = reason - array['reason', 'note'],
      resolution = case when resolved_by is null then resolution else 'erased' end
    where lead_id = any(mine) or subject = any(named);
  -- The hash goes as well: a guess at a short text can be tested against it.
  update messages set body_hash = sha256(convert_to('erased ' || id, 'UTF8')), answer = answer - 'detail',
      body = body - array['reason', 'note', 'acceptedBy', 'needs', 'purchaseOrder']
        || case when body ? 'captured' then '{"captured":"erased"}'::jsonb else '{}' end
    where lead_id = any(mine);
end $function$;

CREATE OR REPLACE FUNCTION public.leads_change_stage_as_agreed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if coalesce(new.outcome, new.stage) <> all (case old.stage
    when 'new' then array['nurturing', 'qualified', 'disqualified', 'lost']
    when 'nurturing' then array['new', 'qualified', 'disqualified', 'lost']
    when 'qualified' then array['quoting', 'approval', 'offered', 'disqualified', 'lost']
    when 'quoting' then array['approval', 'offered', 'lost']
    when 'approval' then array['quoting', 'offered', 'lost']
    when 'offered' then array['quoting', 'approval', 'ordered', 'lost']
    when 'ordered' then array['delivering', 'collecting', 'commission', 'won', 'cancelled', 'written_off']
    when 'delivering' then array['collecting', 'commission', 'won', 'cancelled', 'written_off']
    when 'collecting' then array['delivering', 'commission', 'won', 'cancelled', 'written_off']
    when 'commission' then array['delivering', 'collecting', 'won', 'cancelled', 'written_off']
    when 'closed' then array['collecting'] end) then
    raise exception 'lead % never goes from % to %', new.id, concat_ws(' ', old.stage, old.outcome),
      concat_ws(' ', new.stage, new.outcome)
      using errcode = 'check_violation', constraint = 'leads_change_stage_as_agreed';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.ledger_transaction_is_zero()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from ledger_entries where transaction_id = new.transaction_id
             group by currency having sum(amount_minor) <> 0) then
    raise exception 'ledger transaction % does not sum to zero', new.transaction_id
      using errcode = 'check_violation', constraint = 'ledger_transaction_is_zero';
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.must_meet(met integer[], expected integer[], what text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  for i in 1..cardinality(met) loop
    -- Below zero: any number of rows will do.
    if expected[i] >= 0 and met[i] <> expected[i] then
      raise exception '%: % of % rows', what[i], met[i], expected[i] using errcode = 'LC001';
    end if;
  end loop;
end $function$;

CREATE OR REPLACE FUNCTION public.one_of_finance_credits()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (
      select from person_roles r where r.person_id in (new.created_by, new.approved_by) and r.role = 'finance'
        and (r.granted_by is null or r.granted_on < current_date)) then
    raise exception 'neither % nor % is of finance', new.created_by, new.approved_by
      using errcode = 'check_violation', constraint = 'one_of_finance_credits';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.payment_recorder_never_forgives_charges()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from charge_allocations a join payments p on p.id = a.payment_id
             where a.charge_note_id = new.charge_note_id
               and new.decided_by in (p.recorded_by, a.allocated_by)) then
    raise exception 'whoever recorded a payment on a charge note, or put one there, neither waives it nor writes it off'
      using errcode = 'check_violation', constraint = 'payment_recorder_never_forgives_charges';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.payment_recorder_never_writes_off()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from allocations a join payments p on p.id = a.payment_id
             where a.invoice_id = new.invoice_id and new.decided_by in (p.recorded_by, a.allocated_by)) then
    raise exception 'whoever recorded a payment on an invoice, or put one there, never writes it off'
      using errcode = 'check_violation', constraint = 'payment_recorder_never_writes_off';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.payout_maker_never_releases()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.policy_editor_never_approves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from policies where kind = new.kind and version = new.version
             and created_by = new.person_id) then
    raise exception 'the editor of a policy never approves it' using errcode = 'check_violation',
      constraint = 'policy_editor_never_approves';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.quote_maker_never_approves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (
      select from quote_revisions r where r.quote_id = new.quote_id and r.revision = new.revision
        and (r.created_by in (new.decided_by, new.acting_for) or r.content_hash <> new.content_hash)) then
    raise exception 'the maker of a quote never approves it, and only what was submitted is approved'
      using errcode = 'check_violation', constraint = 'quote_maker_never_approves';
  end if;
  if coalesce(new.acting_for, new.decided_by) is distinct from new.approver_id then
    raise exception 'only who was asked approves, or somebody for them'
      using errcode = 'check_violation', constraint = 'only_who_was_asked_approves';
  end if;
  -- The limit as it is, not as the row says it was.
  if not exists (
      select from approval_limits l where l.person_id = new.approver_id and l.currency = new.currency
        and l.limit_minor >= new.amount_minor) then
    raise exception '% minor units of % are above the limit of %', new.amount_minor, new.currency, new.approver_id
      using errcode = 'check_violation', constraint = 'nobody_approves_above_his_limit';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.roles_are_usable_from_the_next_day()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  person text := to_jsonb(new) ->> tg_argv[0];
begin
  if person is not null and not exists (
      select from person_roles r where r.person_id = person and r.role = any (string_to_array(tg_argv[1], ' '))
        and (r.granted_by is null or r.granted_on < current_date)) then
    raise exception '% has none of the roles % since yesterday', person, tg_argv[1]
      using errcode = 'check_violation', constraint = 'roles_are_usable_from_the_next_day';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.stands_in_by_a_delegation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (
      with recursive today as (
        select (new.decided_at at time zone e.zone)::date as day from legal_entities e
        order by e.created_at, e.id limit 1),
      standing_in as (
        select new.acting_for as id
        union
        select d.delegate_id from standing_in s join delegations d on d.person_id = s.id
          join today t on t.day between d.from_on and d.until_on)
      select from standing_in where id = new.decided_by) then
    raise exception '% decides for % without a delegation of that day', new.decided_by, new.acting_for
      using errcode = 'check_violation', constraint = 'stands_in_by_a_delegation';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.write_off_decider_never_records_a_payment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from write_offs w join payments p on p.id = new.payment_id
             where w.invoice_id = new.invoice_id and w.decided_by in (p.recorded_by, new.allocated_by)) then
    raise exception 'whoever wrote an invoice off never records a payment on it, nor puts one there'
      using errcode = 'check_violation', constraint = 'write_off_decider_never_records_a_payment';
  end if;
  return new;
end $function$;

CREATE TRIGGER approved_with_a_usable_role BEFORE INSERT ON public.invoices FOR EACH ROW WHEN ((new.kind = 'credit_note'::text)) EXECUTE FUNCTION roles_are_usable_from_the_next_day('approved_by', 'manager finance');
CREATE TRIGGER approved_with_a_usable_role BEFORE INSERT ON public.policy_approvals FOR EACH ROW EXECUTE FUNCTION roles_are_usable_from_the_next_day('person_id', 'manager finance compensation admin');
CREATE TRIGGER calculated_with_a_usable_role BEFORE INSERT ON public.payouts FOR EACH ROW EXECUTE FUNCTION roles_are_usable_from_the_next_day('calculated_by', 'compensation');
CREATE TRIGGER charge_note_belongs_to_its_invoice BEFORE INSERT ON public.charge_notes FOR EACH ROW EXECUTE FUNCTION charge_note_belongs_to_its_invoice();
CREATE CONSTRAINT TRIGGER charge_note_is_its_lines AFTER INSERT ON public.charge_notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION charge_note_is_its_lines();
CREATE TRIGGER decided_with_a_usable_role BEFORE INSERT OR UPDATE OF decided_by ON public.approvals FOR EACH ROW EXECUTE FUNCTION roles_are_usable_from_the_next_day('decided_by', 'manager finance compensation admin rep marketing fulfilment');
CREATE TRIGGER decided_with_a_usable_role BEFORE INSERT ON public.charge_waivers FOR EACH ROW EXECUTE FUNCTION roles_are_usable_from_the_next_day('decided_by', 'finance');
CREATE TRIGGER decided_with_a_usable_role BEFORE INSERT ON public.charge_write_offs FOR EACH ROW EXECUTE FUNCTION roles_are_usable_from_the_next_day('decided_by', 'finance');
CREATE TRIGGER decided_with_a_usable_role BEFORE INSERT ON public.write_offs FOR EACH ROW EXECUTE FUNCTION roles_are_usable_from_the_next_day('decided_by', 'finance');
CREATE TRIGGER leads_change_stage_as_agreed BEFORE UPDATE OF stage, outcome ON public.leads FOR EACH ROW WHEN (((old.stage <> new.stage) OR (old.outcome <> new.outcome))) EXECUTE FUNCTION leads_change_stage_as_agreed();
CREATE CONSTRAINT TRIGGER ledger_transaction_is_zero AFTER INSERT ON public.ledger_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_is_zero();
CREATE TRIGGER one_of_finance_credits BEFORE INSERT ON public.invoices FOR EACH ROW WHEN ((new.kind = 'credit_note'::text)) EXECUTE FUNCTION one_of_finance_credits();
CREATE TRIGGER payment_recorder_never_waives_charges BEFORE INSERT ON public.charge_waivers FOR EACH ROW EXECUTE FUNCTION payment_recorder_never_forgives_charges();
CREATE TRIGGER payment_recorder_never_writes_off BEFORE INSERT ON public.write_offs FOR EACH ROW EXECUTE FUNCTION payment_recorder_never_writes_off();
CREATE TRIGGER payment_recorder_never_writes_off_charges BEFORE INSERT ON public.charge_write_offs FOR EACH ROW EXECUTE FUNCTION payment_recorder_never_forgives_charges();
CREATE TRIGGER payout_maker_never_releases BEFORE INSERT OR UPDATE ON public.payout_lines FOR EACH ROW WHEN ((new.released_by IS NOT NULL)) EXECUTE FUNCTION payout_maker_never_releases();
CREATE TRIGGER policy_editor_never_approves BEFORE INSERT ON public.policy_approvals FOR EACH ROW EXECUTE FUNCTION policy_editor_never_approves();
CREATE TRIGGER quote_maker_never_approves BEFORE INSERT OR UPDATE ON public.approvals FOR EACH ROW WHEN ((new.status = 'approved'::text)) EXECUTE FUNCTION quote_maker_never_approves();
CREATE TRIGGER recorded_with_a_usable_role BEFORE INSERT ON public.deliveries FOR EACH ROW EXECUTE FUNCTION roles_are_usable_from_the_next_day('recorded_by', 'fulfilment integration');
CREATE TRIGGER recorded_with_a_usable_role BEFORE INSERT ON public.payment_reversals FOR EACH ROW EXECUTE FUNCTION roles_are_usable_from_the_next_day('recorded_by', 'finance integration');
CREATE TRIGGER recorded_with_a_usable_role BEFORE INSERT ON public.payments FOR EACH ROW EXECUTE FUNCTION roles_are_usable_from_the_next_day('recorded_by', 'finance integration');
CREATE TRIGGER released_with_a_usable_role BEFORE INSERT OR UPDATE OF released_by ON public.payout_lines FOR EACH ROW EXECUTE FUNCTION roles_are_usable_from_the_next_day('released_by', 'compensation finance');
CREATE TRIGGER stands_in_by_a_delegation BEFORE INSERT OR UPDATE OF decided_by, acting_for, decided_at ON public.approvals FOR EACH ROW WHEN ((new.acting_for IS NOT NULL)) EXECUTE FUNCTION stands_in_by_a_delegation();
CREATE TRIGGER write_off_decider_never_records_a_payment BEFORE INSERT ON public.allocations FOR EACH ROW WHEN ((new.amount_minor > 0)) EXECUTE FUNCTION write_off_decider_never_records_a_payment();
CREATE TRIGGER write_off_decider_never_records_a_payment BEFORE INSERT ON public.charge_allocations FOR EACH ROW WHEN ((new.undoes IS NULL)) EXECUTE FUNCTION charge_write_off_decider_never_records_a_payment();
