-- Code lists as they were loaded: of one study, or of all where it names none. A version is never changed. The rows lie as compressed
-- lines, since they are only ever read whole.
create table code_list (
  sid smallint references study,
  name text collate "C" not null,
  version int not null,
  title text not null,
  edition text,
  systems text[] not null,
  entries int not null,
  sha256 text not null,
  content bytea not null,
  by_user text not null,
  at bigint not null
);
create unique index code_list_version on code_list (coalesce(sid, -1), name, version);
grant select on code_list to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert on code_list to aquifer_app;
