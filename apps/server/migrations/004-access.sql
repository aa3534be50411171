-- Who is tied to whom: with a role, what lets a person reach data. Ended, never deleted; only erasure takes a row away.
create table relationship (
  id text collate "C" primary key,
  kind text not null,
  holder text collate "C" not null,
  target text collate "C" not null,
  sid smallint references study,
  site int references site,
  from_at bigint not null,
  to_at bigint,
  ended bigint,
  granted_by text not null,
  detail jsonb not null default '{}'
);
create index relationship_holder_key on relationship (holder);
create index relationship_target on relationship (target);
create index relationship_study on relationship (sid, kind);

-- Rises with each change of a holder's relationships. A write that rests on them holds the row, so an end that was answered is never
-- overtaken.
create table relationship_holder (
  holder text collate "C" primary key,
  n bigint not null
);

-- Role policies: proposed, signed by two people, active. What is in force is the newest whose signatures verify, else the built-in one.
create table access_policy (
  version int generated always as identity primary key,
  name text not null,
  document jsonb not null,
  hash bytea not null,
  proposed_by text not null,
  proposed_at bigint not null,
  signatures jsonb not null default '[]',
  activated_at bigint
);

-- The FHIR resource a user is: `Practitioner/…`, `RelatedPerson/…`, `Patient/…`, `Organization/…`.
alter table app_user add column actor text collate "C";

grant select on relationship, relationship_holder, access_policy to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert, update on relationship, relationship_holder to aquifer_app;
grant insert on access_policy to aquifer_app;
grant update (signatures, activated_at) on access_policy to aquifer_app;
grant update, delete on relationship to aquifer_eraser;
