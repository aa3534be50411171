-- "Since" of a history: versions come in order of time, so a summary of each stretch of the table is enough and costs next to nothing.
create index version_at on version using brin (at);
