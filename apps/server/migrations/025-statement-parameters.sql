-- What a statement was asked with beside its text, so that it can be asked again.
alter table statement_history add column parameters jsonb not null default '{}', add column cut text;
