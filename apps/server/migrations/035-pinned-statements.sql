-- A question that its asker wants to find again stands before the others.
alter table statement_history add column pinned boolean not null default false;
