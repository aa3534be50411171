-- The trail proves itself: records carry the server's mark, blocks of them are chained and signed, nobody's role may change either.

-- patients: whose data it was, by surrogate · source: from where · external: the name the caller's own provider gives him ·
-- mark: made by the server that wrote the record, so that a row slipped in before it is sealed is known as foreign.
alter table audit add column patients bigint[], add column source text, add column external text, add column mark bytea;
create index audit_patients on audit using gin (patients) with (gin_pending_list_limit = 512) where patients is not null;
create index audit_actor on audit (actor, id);
create index audit_request on audit (request);
create index audit_at on audit using brin (at);

-- links: id, xid, seq (8 bytes each) and SHA-256 (32) per record, in order. Packed, since they are written once and read as a whole.
create table seal (
  block bigint primary key,
  head text not null,
  links bytea not null,
  mark bytea not null
);

create table signature (
  id text collate "C" primary key,
  at bigint not null,
  signer text not null,
  name text not null,
  role text not null,
  meaning text not null,
  subject_kind text not null,
  subject_id text not null,
  subject_hash bytea not null,
  sid smallint,
  mark bytea not null
);
create index signature_subject on signature (subject_kind, subject_id);
create index signature_newest on signature (at desc, id desc);

grant select on seal, signature to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert on seal, signature to aquifer_app;
-- The trail holds surrogates and hashes, never values: an erasure has nothing to change in it.
revoke update, delete on audit from aquifer_eraser;
