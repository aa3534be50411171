-- Saved cohorts: criteria under a name. A version is never changed.
create table cohort (
  sid smallint not null references study,
  name text collate "C" not null,
  version int not null,
  title text not null,
  note text not null,
  criteria jsonb not null,
  sha256 text not null,
  by_user text not null,
  at bigint not null,
  primary key (sid, name, version)
);
grant select on cohort to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert on cohort to aquifer_app;
