-- What is wrong with a study's data by site and feed: counts and published codes, never an id or a value. One report a study.
create table quality_report (
  sid int primary key,
  at timestamptz not null,
  newest bigint not null,
  report jsonb not null
);
grant select, insert, update, delete on quality_report to aquifer_app;
grant select on quality_report to aquifer_reader;
grant select, delete on quality_report to aquifer_eraser;
