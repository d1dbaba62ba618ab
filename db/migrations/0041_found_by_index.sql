-- What is asked for by these was read whole: a payment's page read every task there ever was, a receipt every
-- allocation.

create index tasks_subject on tasks (subject);
create index allocations_undoes on allocations (undoes) where undoes is not null;
