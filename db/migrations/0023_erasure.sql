-- Erasing a person. The application may not change the bodies of messages, reasons and payments, and still may not:
-- it may call this one function, which knows how to take a person out and nothing else. What the law keeps stays:
-- invoices, credit notes and charge notes with the name and address they were issued to, the reason of a credit
-- note and of a write-off, amounts, dates, numbers, references; and the audit chain, which holds no person.
create function erase_contact(who text, erased timestamptz) returns void
  language plpgsql security definer set search_path = pg_catalog, public as $$
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
end $$;
revoke all on function erase_contact(text, timestamptz) from public;
grant execute on function erase_contact(text, timestamptz) to l2c_app;
