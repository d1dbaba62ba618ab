-- A write names how many rows each of its parts has to meet. Postgres judges that itself, because the commit is sent
-- together with the write and nobody could take it back afterwards.
create function must_meet(met int[], expected int[], what text[]) returns void language plpgsql as $$
begin
  for i in 1..cardinality(met) loop
    -- Below zero: any number of rows will do.
    if expected[i] >= 0 and met[i] <> expected[i] then
      raise exception '%: % of % rows', what[i], met[i], expected[i] using errcode = 'LC001';
    end if;
  end loop;
end $$;
