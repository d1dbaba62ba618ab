-- Who decides for somebody else was delegated to on that business day: by the one asked, or along the chain of those
-- who stood in. Judged when it is decided only: a delegation may end or be taken away afterwards.
create function stands_in_by_a_delegation() returns trigger language plpgsql as $$
begin
  if not exists (
      with recursive today as (
        select (new.decided_at at time zone e.zone)::date as day from legal_entities e
        order by e.created_at, e.id limit 1),
      standing_in as (
        select new.acting_for as id
        union
        select d.delegate_id from standing_in s join delegations d on d.person_id = s.id
          join today t on t.day between d.from_on and d.until_on)
      select from standing_in where id = new.decided_by) then
    raise exception '% decides for % without a delegation of that day', new.decided_by, new.acting_for
      using errcode = 'check_violation', constraint = 'stands_in_by_a_delegation';
  end if;
  return new;
end $$;
create trigger stands_in_by_a_delegation before insert or update of decided_by, acting_for, decided_at on approvals
  for each row when (new.acting_for is not null) execute function stands_in_by_a_delegation();
