-- Who puts money on an invoice or charge note by hand decides where it goes, as who records it does: neither writes
-- the debt off, in either order. Null where nobody chose: the payment named it, or a step moved it.
alter table allocations add column allocated_by text collate "C" references people;
alter table charge_allocations add column allocated_by text collate "C" references people;

create or replace function payment_recorder_never_writes_off() returns trigger language plpgsql as $$
begin
  if exists (select from allocations a join payments p on p.id = a.payment_id
             where a.invoice_id = new.invoice_id and new.decided_by in (p.recorded_by, a.allocated_by)) then
    raise exception 'whoever recorded a payment on an invoice, or put one there, never writes it off'
      using errcode = 'check_violation', constraint = 'payment_recorder_never_writes_off';
  end if;
  return new;
end $$;

create or replace function payment_recorder_never_forgives_charges() returns trigger language plpgsql as $$
begin
  if exists (select from charge_allocations a join payments p on p.id = a.payment_id
             where a.charge_note_id = new.charge_note_id
               and new.decided_by in (p.recorded_by, a.allocated_by)) then
    raise exception 'whoever recorded a payment on a charge note, or put one there, neither waives it nor writes it off'
      using errcode = 'check_violation', constraint = 'payment_recorder_never_forgives_charges';
  end if;
  return new;
end $$;

create or replace function write_off_decider_never_records_a_payment() returns trigger language plpgsql as $$
begin
  if exists (select from write_offs w join payments p on p.id = new.payment_id
             where w.invoice_id = new.invoice_id and w.decided_by in (p.recorded_by, new.allocated_by)) then
    raise exception 'whoever wrote an invoice off never records a payment on it, nor puts one there'
      using errcode = 'check_violation', constraint = 'write_off_decider_never_records_a_payment';
  end if;
  return new;
end $$;

create or replace function charge_write_off_decider_never_records_a_payment() returns trigger language plpgsql as $$
begin
  if exists (select from charge_write_offs w join payments p on p.id = new.payment_id
             where w.charge_note_id = new.charge_note_id
               and w.decided_by in (p.recorded_by, new.allocated_by)) then
    raise exception 'whoever wrote a charge note off never records a payment on it, nor puts one there'
      using errcode = 'check_violation', constraint = 'write_off_decider_never_records_a_payment';
  end if;
  return new;
end $$;
