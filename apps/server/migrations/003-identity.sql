-- People, clients, sessions and what the embedded OpenID provider remembers. Secrets are here only as hashes.

alter table app_user
  add column email text,
  -- the person's name at an outside provider
  add column subject text,
  -- tokens issued before this moment hold no longer
  add column tokens_from bigint not null default 0,
  add column signed_in_at bigint,
  add column failures int not null default 0,
  add column locked_until bigint not null default 0;
create unique index app_user_subject on app_user (subject) where subject is not null;
create unique index app_user_email on app_user (lower(email)) where email is not null;

create table user_session (
  id text collate "C" primary key,
  user_name text collate "C" not null,
  client text collate "C" not null,
  started_at bigint not null,
  seen_at bigint not null,
  ended_at bigint,
  ended_why text
);
create index user_session_open on user_session (user_name) where ended_at is null;

create table one_time_code (
  hash bytea primary key,
  purpose text not null,
  user_name text collate "C",
  made_by text not null,
  made_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);
create index one_time_code_user on one_time_code (user_name) where used_at is null;

create table oauth_client (
  id text collate "C" primary key,
  kind text not null,
  display text not null,
  role text,
  studies text[] not null default '{}',
  sites text[] not null default '{}',
  people text[] not null default '{}',
  jwks jsonb,
  jwks_url text,
  redirects text[] not null default '{}',
  status text not null default 'active',
  tokens_from bigint not null default 0,
  made_by text not null,
  made_at bigint not null,
  expires_at bigint
);

-- Codes, refresh tokens, browser sessions, grants, replays. The id is what its holder shows, so only its hash is kept.
create table oidc_record (
  kind text not null,
  id bytea not null,
  grant_id bytea,
  uid bytea,
  payload jsonb not null,
  consumed_at bigint,
  expires_at bigint not null,
  primary key (kind, id)
);
create index oidc_record_grant on oidc_record (grant_id) where grant_id is not null;
create index oidc_record_uid on oidc_record (kind, uid) where uid is not null;
create index oidc_record_expiry on oidc_record (expires_at);

create table revoked_token (
  jti text collate "C" primary key,
  until bigint not null,
  at bigint not null,
  by_user text not null
);

create table access_review (
  id text collate "C" primary key,
  study text collate "C",
  site text collate "C",
  made_by text not null,
  made_at bigint not null,
  due_at bigint not null,
  items jsonb not null
);
create table access_review_decision (
  review text collate "C" not null references access_review,
  holder text collate "C" not null,
  decision text not null,
  note text not null,
  made_by text not null,
  made_at bigint not null,
  primary key (review, holder)
);

grant select, insert, update on user_session, one_time_code, oauth_client, oidc_record to aquifer_app;
grant select, insert on revoked_token, access_review, access_review_decision to aquifer_app;
grant delete on oidc_record, revoked_token, one_time_code to aquifer_app;
