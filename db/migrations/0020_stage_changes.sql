-- Which stage a lead may go to from which, and with which outcome it may close: domain/leads/stages.ts, whose tables
-- a test tries here pair by pair. Asked where stage or outcome changes and nowhere else; a lead that closed
-- keeps its outcome until it is opened again.
create function leads_change_stage_as_agreed() returns trigger language plpgsql as $$
begin
  if coalesce(new.outcome, new.stage) <> all (case old.stage
    when 'new' then array['nurturing', 'qualified', 'disqualified', 'lost']
    when 'nurturing' then array['new', 'qualified', 'disqualified', 'lost']
    when 'qualified' then array['quoting', 'approval', 'offered', 'disqualified', 'lost']
    when 'quoting' then array['approval', 'offered', 'lost']
    when 'approval' then array['quoting', 'offered', 'lost']
    when 'offered' then array['quoting', 'approval', 'ordered', 'lost']
    when 'ordered' then array['delivering', 'collecting', 'commission', 'won', 'cancelled', 'written_off']
    when 'delivering' then array['collecting', 'commission', 'won', 'cancelled', 'written_off']
    when 'collecting' then array['delivering', 'commission', 'won', 'cancelled', 'written_off']
    when 'commission' then array['delivering', 'collecting', 'won', 'cancelled', 'written_off']
    when 'closed' then array['collecting'] end) then
    raise exception 'lead % never goes from % to %', new.id, concat_ws(' ', old.stage, old.outcome),
      concat_ws(' ', new.stage, new.outcome)
      using errcode = 'check_violation', constraint = 'leads_change_stage_as_agreed';
  end if;
  return new;
end $$;
create trigger leads_change_stage_as_agreed before update of stage, outcome on leads for each row
  when (old.stage <> new.stage or old.outcome <> new.outcome) execute function leads_change_stage_as_agreed();
