-- A person's word that ends a study's right to his data, and what was done about it in every store.

-- stopped: the act in force. withheld: nobody sees the person's data of the study any more.
alter table enrolment add column stopped text, add column stopped_at bigint, add column withheld boolean not null default false;
create index enrolment_withheld on enrolment (sid, patient) where withheld;

-- When people were born, for consents that end when they come of age.
create table birth (
  pid bigint primary key,
  date text not null
);
insert into birth (pid, date)
  select c.patient, convert_from(v.content, 'UTF8')::json ->> 'birthDate' from current c
  join version v on v.rid = c.rid and v.version = c.version
  where c.sid = 0 and not c.deleted and c.patient is not null and convert_from(v.content, 'UTF8')::json ->> 'resourceType' = 'Patient'
    and convert_from(v.content, 'UTF8')::json ->> 'birthDate' is not null
  on conflict do nothing;
grant select on birth to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert, update on birth to aquifer_app;
grant delete on birth to aquifer_eraser;

-- Version of the form a consent was given under.
alter table consent add column form text;

-- What a study's settings were, version by version: decisions name the version they were made under.
create table study_version (
  sid smallint not null,
  version int not null,
  at bigint not null,
  actor text not null,
  document jsonb not null,
  primary key (sid, version)
);
grant select on study_version to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert on study_version to aquifer_app;

create table withdrawal (
  id text collate "C" primary key,
  sid smallint not null,
  patient bigint not null,
  subject bigint not null,
  site int,
  study_version int not null,
  mac bytea not null,
  act text not null,
  reason text not null,
  evidence text not null,
  actor text not null,
  role text not null,
  at bigint not null,
  state text not null,
  irreversible boolean not null default false,
  job text collate "C",
  ended_at bigint,
  problem text,
  certificate jsonb
);
create index withdrawal_study on withdrawal (sid, at desc, id desc);
create index withdrawal_open on withdrawal (state) where state in ('requested', 'running');

create table withdrawal_step (
  withdrawal text collate "C" not null references withdrawal,
  ord smallint not null,
  store text not null,
  effect text not null,
  state text not null,
  counts jsonb not null default '{}',
  hash text,
  verified boolean not null default false,
  note text,
  started_at bigint,
  ended_at bigint,
  primary key (withdrawal, store)
);

-- Whoever had himself erased is refused for ever, without his id being kept.
create table erased_person (
  sid smallint not null,
  mac bytea not null,
  at bigint not null,
  primary key (sid, mac)
);

-- Ends a resource in one study's feed without touching its versions: masked rows go, and what is kept stays as it was.
create table tombstone (
  seq bigint not null default nextval('feed_seq'),
  xid xid8 not null default pg_current_xact_id(),
  sid smallint not null,
  rid bigint not null,
  version int not null,
  primary key (rid, version, sid)
);
create index tombstone_feed on tombstone (xid, seq);

-- Everybody who was ever invited, screened or enrolled, under his subject number. The person behind the number goes at erasure.
create table participant (
  sid smallint not null,
  subject bigint not null,
  patient bigint,
  site int,
  state text not null,
  since bigint not null,
  primary key (sid, subject),
  unique (sid, patient)
);
create table participant_step (
  id bigint generated always as identity primary key,
  sid smallint not null,
  subject bigint not null,
  site int,
  state text not null,
  at bigint not null,
  recorded_at bigint not null,
  reason text,
  actor text not null
);
create index participant_step_subject on participant_step (sid, subject, id);
insert into participant (sid, subject, patient, site, state, since)
  select sid, subject, patient, site, 'enrolled', from_at from enrolment;
insert into participant_step (sid, subject, site, state, at, recorded_at, actor)
  select sid, subject, site, 'enrolled', from_at, from_at, 'data' from enrolment;
grant select on participant, participant_step to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert on participant, participant_step to aquifer_app;
grant update on participant to aquifer_app;
grant update (patient) on participant to aquifer_eraser;

grant select on withdrawal, withdrawal_step, erased_person, tombstone to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert on withdrawal, withdrawal_step, erased_person, tombstone to aquifer_app;
-- Who withdrew, when and why is never changed; only how far the work is.
grant update (state, irreversible, job, ended_at, problem, certificate) on withdrawal to aquifer_app;
grant update on withdrawal_step to aquifer_app;
grant delete on tombstone to aquifer_eraser;
