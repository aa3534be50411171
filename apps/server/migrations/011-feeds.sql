-- A feed: who sends into a study, in all (app '') and by each program that says its name. Arrivals are gathered by the writing process and
-- told every few seconds, so a row is touched once in a while and not by each write.
create table feed (
  sid int not null,
  sender text collate "C" not null,
  app text collate "C" not null default '',
  last_at bigint,
  within_ms bigint check (within_ms > 0),
  declared_at bigint,
  declared_by text,
  -- an alarm stands from here on
  alarm_at bigint,
  primary key (sid, sender, app)
) with (fillfactor = 70);
create index feed_watched on feed (sid) where within_ms is not null or alarm_at is not null;
grant select, insert, update, delete on feed to aquifer_app;
grant select on feed to aquifer_reader;
grant select, delete on feed to aquifer_eraser;
