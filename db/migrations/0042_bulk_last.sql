-- A fact that could not be told at once stood behind the hundred thousand of an import, which had been given the oldest
-- claim of all to stand behind new ones. What is told in bulk says so and comes last.

alter table messages add column bulk boolean not null default false;

drop index messages_untold_facts;
create index messages_untold_facts on messages (bulk, claimed_until nulls first, recorded_at)
  where told_at is null and kind = 'fact';
