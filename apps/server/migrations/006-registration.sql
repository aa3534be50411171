-- What registration did under which correlation id, so that the same request sent again gets the same answer and does nothing.
create table registration (
  actor text collate "C" not null,
  correlation text collate "C" not null,
  operation text not null,
  request bytea not null,
  sid smallint,
  patient text collate "C",
  status smallint not null default 0,
  -- json: what is answered again is what was answered, to the letter
  answer json not null default '{}',
  at bigint not null,
  primary key (actor, correlation)
);
create index registration_patient on registration (sid, patient) where patient is not null;

-- Whoever was asked to take part. The code itself is nowhere: only its hash. Address and person go with an erasure.
create table invitation (
  id text collate "C" primary key,
  kind text not null,
  sid smallint not null references study,
  site int,
  patient text collate "C",
  subject bigint,
  language text not null,
  address text,
  code_hash bytea not null,
  generation int not null,
  failures int not null default 0,
  invited_by text not null,
  sent_at bigint not null,
  expires_at bigint not null,
  reminded_at bigint,
  opened_at bigint,
  accepted_at bigint,
  declined_at bigint,
  revoked_at bigint,
  -- null: no way of delivery is set up, or it was delivered, or given up
  due_at bigint,
  attempts int not null default 0,
  delivered_at bigint,
  problem text
);
create index invitation_study on invitation (sid, id);
create index invitation_patient on invitation (sid, patient) where patient is not null;
create index invitation_due on invitation (due_at) where due_at is not null;

grant select on registration, invitation to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert on registration, invitation to aquifer_app;
grant update (sid, patient, status, answer) on registration to aquifer_app;
-- Who was invited by whom and when is never changed; only the code and how far it came.
grant update (code_hash, generation, failures, expires_at, reminded_at, opened_at, accepted_at, declined_at, revoked_at, due_at, attempts,
  delivered_at, problem) on invitation to aquifer_app;
grant update (patient, address) on invitation to aquifer_eraser;
grant delete on registration to aquifer_eraser;
