-- Statements that somebody keeps, and has run again and again. `last` is what the newest run found, which the next is compared with.
create table saved_query (
  id text primary key,
  sid smallint not null references study,
  owner text not null,
  title text not null,
  sql text not null,
  parameters jsonb not null default '{}',
  purpose text not null,
  cut text,
  every_ms bigint,
  next_at bigint,
  mail boolean not null default false,
  created_at bigint not null,
  last jsonb
);
create index saved_query_owner on saved_query (sid, owner, created_at desc);
create index saved_query_due on saved_query (next_at) where next_at is not null;
grant select on saved_query to aquifer_app, aquifer_eraser, aquifer_reader;
grant insert, update, delete on saved_query to aquifer_app;
