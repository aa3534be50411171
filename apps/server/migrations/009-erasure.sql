-- A Contract that takes a required consent back is a withdrawal, too; and what an erasure has to reach beside the person's resources.

-- request: asked for by who answers for consent · contract: said by a Contract. audit: the record of the write that said it.
alter table withdrawal add column origin text not null default 'request', add column audit bigint;

-- What names a person beside his resources: accounts of his own and of those who stood for him, programs that wrote for him, requests
-- of jobs, reasons in the log. Rows that others rest on stay without him.
grant select (name, actor, patient, display, role, status) on app_user to aquifer_eraser;
grant update (display, password, status, studies, sites, patient, settings, email, subject, tokens_from, actor, updated_at, failures,
  locked_until, signed_in_at) on app_user to aquifer_eraser;
grant select (user_name), delete on user_session, one_time_code to aquifer_eraser;
grant select (payload), delete on oidc_record to aquifer_eraser;
grant select (by_user), update (by_user) on revoked_token to aquifer_eraser;
grant select (id, display, people, status), update (display, people, status, tokens_from) on oauth_client to aquifer_eraser;
grant select (id, items), update (items) on access_review to aquifer_eraser;
grant delete on relationship_holder to aquifer_eraser;
grant update (request, progress, result, problem) on job to aquifer_eraser;
grant update (reason) on participant_step to aquifer_eraser;
