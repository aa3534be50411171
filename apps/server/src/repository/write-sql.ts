// The numbers of what the statement below answers.
export const outcomeCodes = [
  'created',
  'updated',
  'deleted',
  'unchanged',
  'version-conflict',
  'already-exists',
  'already-deleted',
  'not-found',
  'raced',
] as const

// One statement writes versions, current state and search index. Joins are index look-ups per row (the sessions that run it switch
// the other kinds off), so a plan made on an empty database is as good on a full one.
// raced: somebody changed the row after this statement's snapshot was taken. It is locked now and nothing of it was written; a
// further statement has a new snapshot and sees all of it.
export const writeSql = `
with people as materialized (
  select n.ord, n.id, n.hold, p.pid is null as fresh, case when p.pid is null then nextval('person_pid_seq') else p.pid end as pid
  from unnest($1::text[], $2::bool[]) with ordinality as n(id, hold, ord)
  left join lateral (select x.pid from person x where x.id = n.id) p on true
),
held as materialized (
  select count(*) as n from people k
  cross join lateral (select 1 from person x where x.pid = k.pid and k.hold and not k.fresh for no key update) h
),
born as (insert into person (pid, id) select pid, id from people where fresh order by ord),
numbers as materialized (select coalesce(array_agg(pid order by ord), '{}') as pids from people),
found as materialized (
  select i.*, c.*, (select s.version from current s where s.rid = c.old_rid) as seen
  from unnest($3::int2[], $4::int2[], $5::text[], $6::int2[], $7::int4[], $8::bool[], $9::bytea[], $10::bytea[], $11::int4[],
    $12::int8[], $13::int8[], $14::int8[], $15::int8[], $16::int8[])
  with ordinality as i(sid, type, id, op, expect, skip, content, hash, site, audit, present, dlo, dhi, hcode, ord)
  left join lateral (
    select x.rid as old_rid, x.version as old_version, x.deleted as old_deleted, x.hash as old_hash, x.updated as old_updated,
      x.patient as old_patient, x.patients as old_patients, x.site as old_site
    from current x where x.sid = i.sid and x.type = i.type and x.id = i.id for no key update
  ) c on true
),
judged as materialized (
  select f.*, case
    when f.old_version is distinct from f.seen then 8
    when f.op = 2 and f.old_rid is null then 7
    when f.op = 2 and f.old_deleted then 6
    when f.expect > 0 and (f.old_rid is null or f.old_deleted or f.old_version <> f.expect) then 4
    when (f.op = 0 or f.expect = 0) and not f.old_deleted then 5
    when f.op = 2 then 2
    when f.skip and not f.old_deleted and f.old_hash = f.hash then 3
    when f.old_rid is null or f.old_deleted then 0
    else 1 end::int2 as outcome
  from found f
),
decided as materialized (
  select j.*, j.old_rid is null as fresh, j.outcome <= 2 as writes,
    case when j.old_rid is null and j.outcome = 0 then nextval('rid_seq') else j.old_rid end as rid,
    case when j.outcome <= 2 then coalesce(j.old_version, 0) + 1 else coalesce(j.old_version, 0) end as version,
    case when j.outcome <= 2 then greatest($17::int8, coalesce(j.old_updated, 0) + 1) else coalesce(j.old_updated, 0) end as at,
    case when j.op = 2 then j.old_patient else n.pids[w.whos[1]] end as patient,
    case when j.op = 2 then j.old_patients
      when cardinality(w.whos) > 1 then (select array_agg(n.pids[x]) from unnest(w.whos) x) end as patients,
    coalesce(j.site, j.old_site) as place
  from judged j
  cross join numbers n
  cross join lateral (select ($18::int4[])[($19::int4[])[j.ord] + 1 : ($19::int4[])[j.ord + 1]] as whos) w
),
made as (
  insert into current (rid, sid, type, id, version, deleted, patient, patients, site, updated, dlo, dhi, hcode, present, toks, hash)
  select rid, sid, type, id, version, false, patient, patients, place, at, dlo, dhi, hcode, present,
    ($20::int8[])[($21::int4[])[ord] + 1 : ($21::int4[])[ord + 1]], hash
  from decided where writes and fresh order by ord
),
changed as (
  update current c set version = d.version, deleted = d.outcome = 2, patient = d.patient, patients = d.patients, site = d.place,
    updated = d.at, dlo = d.dlo, dhi = d.dhi, hcode = d.hcode, present = d.present,
    toks = ($20::int8[])[($21::int4[])[d.ord] + 1 : ($21::int4[])[d.ord + 1]], hash = d.hash
  from decided d where d.writes and not d.fresh and c.rid = d.rid
),
appended as (
  insert into version (rid, version, sid, type, op, at, patient, site, audit, hash, content)
  select rid, version, sid, type, (case outcome when 0 then 'C' when 1 then 'U' else 'D' end)::"char", at, patient, place, audit, hash, content
  from decided where writes order by ord
),
no_str as (delete from str s using decided d where d.writes and not d.fresh and s.rid = d.rid),
no_qty as (delete from qty q using decided d where d.writes and not d.fresh and q.rid = d.rid),
no_dat as (delete from dat t using decided d where d.writes and not d.fresh and t.rid = d.rid),
places as materialized (select coalesce(array_agg(case when writes then rid end order by ord), '{}') as rids from decided),
new_str as (
  insert into str (p, t, rid) select s.p, s.t, l.rids[s.row] from places l, unnest($22::int4[], $23::int4[], $24::text[]) s(row, p, t)
  where l.rids[s.row] is not null
),
new_qty as (
  insert into qty (h, v, rid) select q.h, q.v, l.rids[q.row] from places l, unnest($25::int4[], $26::int8[], $27::float8[]) q(row, h, v)
  where l.rids[q.row] is not null
),
new_dat as (
  insert into dat (p, lo, hi, rid)
  select t.p, t.lo, t.hi, l.rids[t.row] from places l, unnest($28::int4[], $29::int4[], $30::int8[], $31::int8[]) t(row, p, lo, hi)
  where l.rids[t.row] is not null
)
select d.rid, d.version, d.at, d.outcome from decided d cross join held h order by d.ord`
