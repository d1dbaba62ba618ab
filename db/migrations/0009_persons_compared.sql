-- Persons are compared in every pair of duties that one person must not both do, whoever writes the rows.

-- A delegate decides within the limit and under the duties of the person acted for.
drop trigger quote_maker_never_approves on approvals;
alter table approvals add column acting_for text collate "C" references people;
update approvals set acting_for = approver_id where decided_by <> approver_id;
alter table approvals
  add constraint nobody_has_his_own_request_approved check (acting_for is distinct from requested_by),
  add constraint nobody_acts_for_himself check (acting_for is null or acting_for <> decided_by),
  drop constraint nobody_approves_above_his_limit,
  add constraint nobody_approves_above_his_limit check
    (status <> 'approved' or (limit_minor is not null and amount_minor <= limit_minor));

create or replace function quote_maker_never_approves() returns trigger language plpgsql as $$
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
end $$;
create trigger quote_maker_never_approves before insert or update on approvals
  for each row when (new.status = 'approved') execute function quote_maker_never_approves();

-- A credit note is made by two persons, whatever it comes from. What was written before keeps standing.
alter table invoices
  drop constraint credit_note_maker_never_approves,
  add constraint credit_note_maker_never_approves check
    (kind <> 'credit_note' or (created_by is not null and approved_by is not null and created_by <> approved_by))
    not valid;

-- The other direction of payment_recorder_never_writes_off: order does not matter.
create function write_off_decider_never_records_a_payment() returns trigger language plpgsql as $$
begin
  if exists (select from write_offs w join payments p on p.id = new.payment_id
             where w.invoice_id = new.invoice_id and w.decided_by = p.recorded_by) then
    raise exception 'whoever wrote an invoice off never records a payment on it'
      using errcode = 'check_violation', constraint = 'write_off_decider_never_records_a_payment';
  end if;
  return new;
end $$;
create trigger write_off_decider_never_records_a_payment before insert on allocations
  for each row when (new.amount_minor > 0) execute function write_off_decider_never_records_a_payment();

-- A role changed today is used from tomorrow on, by real days as sign-in counts them. Arguments: the column of the
-- person, and the roles of which one is needed (domain/messages.ts; a test compares them).
create function roles_are_usable_from_the_next_day() returns trigger language plpgsql as $$
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
end $$;
create trigger decided_with_a_usable_role before insert or update of decided_by on approvals for each row
  execute function roles_are_usable_from_the_next_day('decided_by',
    'manager finance compensation admin rep marketing fulfilment');
create trigger recorded_with_a_usable_role before insert on payments for each row
  execute function roles_are_usable_from_the_next_day('recorded_by', 'finance integration');
create trigger recorded_with_a_usable_role before insert on payment_reversals for each row
  execute function roles_are_usable_from_the_next_day('recorded_by', 'finance integration');
create trigger recorded_with_a_usable_role before insert on deliveries for each row
  execute function roles_are_usable_from_the_next_day('recorded_by', 'fulfilment integration');
create trigger decided_with_a_usable_role before insert on write_offs for each row
  execute function roles_are_usable_from_the_next_day('decided_by', 'finance');
create trigger approved_with_a_usable_role before insert on invoices for each row when (new.kind = 'credit_note')
  execute function roles_are_usable_from_the_next_day('approved_by', 'manager finance');
create trigger calculated_with_a_usable_role before insert on payouts for each row
  execute function roles_are_usable_from_the_next_day('calculated_by', 'compensation');
create trigger released_with_a_usable_role before insert or update of released_by on payout_lines for each row
  execute function roles_are_usable_from_the_next_day('released_by', 'compensation finance');
create trigger approved_with_a_usable_role before insert on policy_approvals for each row
  execute function roles_are_usable_from_the_next_day('person_id', 'manager finance compensation admin');

-- The rules a run was calculated by are the rules it is released by.
alter table payouts add column policy_version int;

-- Whoever holds two persons' keys is two persons to every pair of duties: a person's key is made by that person,
-- out of an invitation that works once.
create table invitations (
  id text collate "C" primary key,
  person_id text collate "C" not null references people,
  secret_hash bytea not null unique check (length(secret_hash) = 32),
  expires_at timestamptz not null,
  created_by text collate "C" not null references people,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  -- Null where it was replaced by another one before anybody used it.
  key_id text collate "C" references api_keys,
  constraint nobody_invites_himself check (created_by <> person_id),
  constraint only_an_ended_invitation_has_a_key check (key_id is null or ended_at is not null)
);
create unique index invitations_open_once on invitations (person_id) where ended_at is null;
grant select, insert on invitations to l2c_app;
grant update (ended_at, key_id) on invitations to l2c_app;

-- Charge notes are written off beside their invoice, by the same rule in both directions.
create function charge_write_off_decider_never_records_a_payment() returns trigger language plpgsql as $$
begin
  if exists (select from charge_write_offs w join payments p on p.id = new.payment_id
             where w.charge_note_id = new.charge_note_id and w.decided_by = p.recorded_by) then
    raise exception 'whoever wrote a charge note off never records a payment on it'
      using errcode = 'check_violation', constraint = 'write_off_decider_never_records_a_payment';
  end if;
  return new;
end $$;
create trigger write_off_decider_never_records_a_payment before insert on charge_allocations
  for each row when (new.undoes is null) execute function charge_write_off_decider_never_records_a_payment();
create trigger decided_with_a_usable_role before insert on charge_write_offs for each row
  execute function roles_are_usable_from_the_next_day('decided_by', 'finance');
create trigger decided_with_a_usable_role before insert on charge_waivers for each row
  execute function roles_are_usable_from_the_next_day('decided_by', 'finance');
