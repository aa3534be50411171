-- Masking policies of a study's own: proposed, signed by two people, in force. What is in force is what study.masking names, if its
-- document is what was signed and the signatures verify. A version's number is spent once, rejected or not.
create table masking_policy (
  id text collate "C" primary key,
  sid smallint not null references study,
  name text collate "C" not null,
  version int not null,
  -- the file as it was proposed, and what it says in full, so that another version of a built-in policy changes nothing that was signed
  source text not null,
  document jsonb not null,
  accepts text[] not null default '{}',
  hash bytea not null,
  -- the server's own mark: for the first policy of a study, which nobody signs
  mark bytea not null,
  initial boolean not null default false,
  reason text,
  proposed_by text not null,
  proposed_at bigint not null,
  activated_at bigint,
  retired_at bigint,
  rejected_at bigint,
  rejected_by text,
  rejected_reason text,
  unique (sid, name, version)
);

-- Which policy and key made what is shown, each time it became another one.
create table masking_publication (
  sid smallint not null references study,
  n int not null,
  policy text not null,
  masking_key text not null,
  model_version text not null,
  as_of_year int not null,
  at bigint not null,
  primary key (sid, n)
);

-- A study's masking key in shares: who holds one and who has fetched it. A share lies here sealed until its holder fetched it, once.
create table key_escrow (
  id text collate "C" primary key,
  sid smallint not null references study,
  key_id text collate "C" not null,
  fingerprint text not null,
  needed int not null,
  reason text not null,
  by_user text not null,
  at bigint not null,
  expires_at bigint not null
);
create table key_escrow_share (
  escrow text collate "C" not null references key_escrow,
  n int not null,
  holder text collate "C" not null,
  sealed bytea,
  collected_at bigint,
  primary key (escrow, n),
  unique (escrow, holder)
);

-- One pseudonym resolved: asked by one person, decided by another, shown once. The answer is never kept.
create table reidentification (
  id text collate "C" primary key,
  sid smallint not null references study,
  pseudonym text not null,
  reason text not null,
  requested_by text collate "C" not null,
  requested_at bigint not null,
  decided_by text collate "C",
  decided_at bigint,
  approved boolean,
  note text,
  shown_at bigint,
  outcome text,
  check (decided_by is distinct from requested_by)
);
create index reidentification_study on reidentification (sid, requested_at);

drop index signature_role_policy;
create unique index signature_policy on signature (subject_kind, subject_id, signer) where subject_kind in ('role-policy', 'masking-policy');

grant select on masking_policy, masking_publication, key_escrow, key_escrow_share, reidentification to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert on masking_policy, masking_publication, key_escrow, key_escrow_share, reidentification to aquifer_app;
grant update (activated_at, retired_at, rejected_at, rejected_by, rejected_reason) on masking_policy to aquifer_app;
grant update (sealed, collected_at) on key_escrow_share to aquifer_app;
-- The pseudonym goes once it was resolved, or with the person.
grant update (pseudonym, reason, decided_by, decided_at, approved, note, shown_at, outcome) on reidentification to aquifer_app;
