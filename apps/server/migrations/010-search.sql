-- Texts are kept whole, so that a search looks at all of them; their index holds as much as its entries have room for (2,700 bytes).
-- What an earlier version indexed has other keys: it is made anew from the stored content at the next start.
truncate str, qty, dat;
drop index str_value;
create index str_value on str (p, (left(t, 500)), rid);
-- Most dates are instants or days: for them a search from a date on is a range of dlo. Those that last longer than a day are looked for
-- apart (search-comparisons.ts, longMs).
create index current_long on current (sid, type, dlo) where not deleted and dhi - dlo > 86400000;
-- How many there are of them decides whether that index is worth its while.
create statistics current_span on (dhi - dlo) from current;
-- Which keys the index holds, and how far a re-index has come.
create table search_index (
  one boolean primary key default true check (one),
  keys int not null,
  done_to bigint not null default 0
);
insert into search_index (keys) values (0);
grant select, update on search_index to aquifer_app;
grant select on search_index to aquifer_reader, aquifer_eraser;
