-- Files of lake and reservoir that are stored as they came. Bytes lie in the data folder; a row is there once they are durable.
-- Of a removed file only that it was there, and who removed it why.
create table file (
  id text collate "C" primary key,
  store text not null check (store in ('lake', 'reservoir')),
  sid smallint not null references study,
  -- whose it is, where its sender said so
  patient bigint references person,
  filename text,
  type text,
  bytes bigint not null,
  sha256 bytea,
  actor text collate "C" not null,
  at bigint not null,
  attestation text,
  warnings jsonb not null default '[]',
  scanned bigint not null default 0,
  removed_at bigint,
  removed_by text,
  removed_why text
);
create index file_listed on file (sid, at, id) where store = 'reservoir' and removed_at is null;
create index file_named on file (sid, lower(filename), at desc, id desc) where store = 'reservoir' and removed_at is null;
create index file_person on file (patient) where patient is not null;
grant select, insert on file to aquifer_app;
grant update (patient, filename, type, sha256, attestation, warnings, removed_at, removed_by, removed_why) on file to aquifer_app;
grant select on file to aquifer_reader;

-- Uploads that go on later; their bytes so far lie in the data folder.
create table file_upload (
  id text collate "C" primary key,
  sid smallint not null references study,
  actor text collate "C" not null,
  filename text not null,
  type text,
  length bigint,
  attestation text not null,
  checksums jsonb not null,
  at bigint not null
);
grant select, insert, delete on file_upload to aquifer_app;
grant select on file_upload to aquifer_reader;
