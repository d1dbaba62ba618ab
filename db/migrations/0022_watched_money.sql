-- What the gauges of money read: few rows beside whole tables.
create index payments_unapplied on payments (currency, unapplied_minor) where unapplied_minor > 0;
create index ledger_commission_payable on ledger_entries (currency, amount_minor)
  where account = 'commission_payable';
