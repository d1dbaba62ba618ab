-- What is invoiced is credited by two persons of whom one may credit invoices (domain/messages.ts, creditInvoice): also
-- where a manager cancels the whole order. Roles count from the next day, as in 0009.
create function one_of_finance_credits() returns trigger language plpgsql as $$
begin
  if not exists (
      select from person_roles r where r.person_id in (new.created_by, new.approved_by) and r.role = 'finance'
        and (r.granted_by is null or r.granted_on < current_date)) then
    raise exception 'neither % nor % is of finance', new.created_by, new.approved_by
      using errcode = 'check_violation', constraint = 'one_of_finance_credits';
  end if;
  return new;
end $$;
create trigger one_of_finance_credits before insert on invoices for each row when (new.kind = 'credit_note')
  execute function one_of_finance_credits();
