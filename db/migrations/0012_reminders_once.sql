-- A level is reminded of once an invoice; nothing ever counted rounds of levels.
alter table reminders drop column round;
alter table reminders add constraint reminders_pkey primary key (invoice_id, level);
