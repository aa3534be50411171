-- Flat tables that a study adds by a ViewDefinition of its own. A version is never changed; one without a document ends the table.
create table study_view (
  sid smallint not null references study,
  name text collate "C" not null,
  version int not null,
  document jsonb,
  by_user text not null,
  at bigint not null,
  primary key (sid, name, version)
);
grant select on study_view to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert on study_view to aquifer_app;
