-- The application runs as l2c_app: no DDL, and no way to change what must stay as it was written.
do $$
begin
  if not exists (select from pg_roles where rolname = 'l2c_app') then
    create role l2c_app nologin;
  end if;
end $$;
grant usage on schema public to l2c_app;
grant select, insert on all tables in schema public to l2c_app;
grant usage, select on all sequences in schema public to l2c_app;
grant update on people, api_keys, idempotency_keys, accounts, contacts, products, price_books,
  price_book_entries, leads, waits, audit_heads, tasks, mails, imports, quote_revisions, approvals,
  number_series, orders, order_lines, deliveries, payouts, payout_lines to l2c_app;
grant update (claimed_until, told_at, attempts, parked_for, answer, answered_at) on messages to l2c_app;
grant update (allocated_minor, credited_minor, discount_minor, small_difference_minor, written_off_minor,
  dunning_level) on invoices to l2c_app;
grant update (credited_net_minor, credited_tax_minor, allocated_minor, tolerated_minor, written_off_minor)
  on invoice_lines to l2c_app;
grant update (unapplied_minor, account_id, reversed_at) on payments to l2c_app;
grant delete on person_roles, approval_limits, delegations, idempotency_keys, price_book_entries,
  import_errors to l2c_app;
grant update on approval_limits, delegations to l2c_app;
revoke insert, update, delete on clock_segments from l2c_app;
grant insert on clock_segments to l2c_app;
revoke all on migrations from l2c_app;
grant select on migrations to l2c_app;
