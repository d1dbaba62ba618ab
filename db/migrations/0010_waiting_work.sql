-- The sweep goes round every two seconds, also beside two hundred thousand leads of an import that nobody has told
-- yet: each of its questions has an index that holds no more than what it asks for.
drop index messages_untold;
create index messages_untold_facts on messages (claimed_until nulls first, recorded_at)
  where told_at is null and kind = 'fact';
create index messages_untold_decisions on messages (recorded_at) where told_at is null and kind = 'decision';
create index messages_silent on messages (told_at) where told_at is not null and answer is null;
