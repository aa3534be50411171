-- Of a statement at the level "counts only": what it was of beside its text, as it was then (views, cohorts and code lists change under their
-- names), so that later answers are held against the same. As text of JSON: two questions are the same when their texts are.
alter table statement_history add column question json;
