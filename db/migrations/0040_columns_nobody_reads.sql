-- There is no credit limit to enforce and no register of VAT numbers that is asked: columns that nothing fills or reads
-- only promise both.

alter table accounts
  drop column credit_limit_minor,
  drop column vat_checked_on;
