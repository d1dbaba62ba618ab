-- The sweep goes round every two seconds, also beside two hundred thousand leads of an import that nobody has told
-- yet: each of its questions has an index that holds no more than what it asks for.
drop index messages_untold;
create index messages_untold_facts on messages (claimed_until nulls first, recorded_at)
  where told_at is null and kind = 'fact';
create index messages_untold_decisions on messages (recorded_at) where told_at is null and kind = 'decision';
create index messages_silent on messages (told_at) where told_at is not null and answer is null;

-- A step of a lead's own that broke is tried again at this real instant; until then its wait is not the next one.
alter table waits add column retry_at timestamptz;
create index waits_postponed on waits (retry_at) where retry_at is not null and ended_at is null;
