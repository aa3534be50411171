-- Summaries of risk reports, by study and snapshot: counts that may be told, never a small one and never somebody's values.
create table risk_report (
  sid int not null,
  snapshot timestamptz not null,
  summary jsonb not null,
  primary key (sid, snapshot)
);
grant select, insert, update, delete on risk_report to aquifer_app;
grant select on risk_report to aquifer_reader;
grant select, delete on risk_report to aquifer_eraser;
