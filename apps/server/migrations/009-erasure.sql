-- A Contract that takes a required consent back is a withdrawal, too; and what an erasure has to reach beside the person's resources.

-- request: asked for by who answers for consent · contract: said by a Contract. audit: the record of the write that said it.
alter table withdrawal add column origin text not null default 'request', add column audit bigint;
