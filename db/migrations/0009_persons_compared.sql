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
