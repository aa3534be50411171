-- Every save of a notebook, as it was then. Nothing changes one but an erasure, which takes a person's names out of its text.
create table notebook_version (
  id text collate "C" not null references notebook on delete cascade,
  version int not null,
  title text not null,
  by_user text not null,
  at bigint not null,
  cells jsonb not null,
  primary key (id, version)
);
insert into notebook_version (id, version, title, by_user, at, cells) select id, version, title, owner, updated_at, cells from notebook;
grant select, insert on notebook_version to aquifer_app;
grant update (title, cells) on notebook_version to aquifer_app;
grant select on notebook_version to aquifer_reader;
