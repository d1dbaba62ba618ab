-- The customer master and the catalogue.

create table accounts (
  id text collate "C" primary key,
  legal_name text not null check (length(legal_name) between 1 and 300),
  parent_id text collate "C" references accounts,
  country text not null check (country ~ '^[A-Z]{2}$'),
  language text not null default 'en' check (language in ('en', 'es')),
  vat_id text,
  vat_checked_on date,
  bill_to jsonb not null default '{}',
  email text,
  email_domain text,
  segment text,
  terms jsonb,
  credit_limit_minor bigint check (credit_limit_minor >= 0),
  payer_aliases text[] not null default '{}',
  external_id text unique,
  revision int not null default 1,
  created_at timestamptz not null
);
create index accounts_domain on accounts (email_domain) where email_domain is not null;

-- Names, addresses and numbers of people stand here and nowhere else of the deal, so one row is erased.
create table contacts (
  id text collate "C" primary key,
  account_id text collate "C" references accounts,
  name text,
  email text,
  phone text,
  company text,
  country text check (country ~ '^[A-Z]{2}$'),
  language text not null default 'en' check (language in ('en', 'es')),
  email_key text,
  phone_key text,
  domain_key text,
  erased_at timestamptz,
  created_at timestamptz not null
);
create unique index contacts_email_once on contacts (email_key) where email_key is not null;
create index contacts_phone on contacts (phone_key) where phone_key is not null;

create table products (
  id text collate "C" primary key,
  sku text not null unique check (length(sku) between 1 and 60),
  name jsonb not null,
  family text not null check (length(family) between 1 and 60),
  supply text not null check (supply in ('goods', 'services')),
  discountable boolean not null default true,
  unit text not null,
  unit_decimals int not null default 0 check (unit_decimals between 0 and 6),
  tax_class text not null,
  charged_on text not null default 'each_delivery' check (charged_on in ('each_delivery', 'first_delivery')),
  cost numeric(18, 6) check (cost >= 0),
  lead_days int not null default 0 check (lead_days between 0 and 3650),
  active boolean not null default true,
  revision int not null default 1,
  created_at timestamptz not null
);

create table price_books (
  id text collate "C" primary key,
  name text not null unique,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  segment text,
  valid_from date not null,
  valid_until date,
  revision int not null default 1,
  created_at timestamptz not null,
  constraint price_book_ends_after_it_starts check (valid_until >= valid_from)
);
create index price_books_currency on price_books (currency, valid_from);
create table price_book_entries (
  price_book_id text collate "C" not null references price_books,
  product_id text collate "C" not null references products,
  unit_price numeric(18, 6) not null check (unit_price >= 0),
  primary key (price_book_id, product_id)
);
