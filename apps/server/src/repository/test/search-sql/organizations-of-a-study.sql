select f.key, pg_current_snapshot()::text as snapshot, v.rid, v.sid, v.type, c.id, v.version, v.op, v.at,
  (select p.id from person p where p.pid = v.patient) as patient_id,
  case when c.patients is not null then array(select p.id from person p where p.pid = any(c.patients) and p.pid <> v.patient) end as other_ids, v.site, v.hash, convert_from(v.content, 'UTF8') as content
from (select f.* from ((select c.rid, c.version, c.id as key from current c where c.sid = any($1::int2[]) and c.type = $2 and not c.deleted and (c.sid <> 0 or exists (select 1 from flow f where f.type = $3 and f.id = c.id and f.sid = $4)) and (c.id, c.rid) > ($5, $6::int8) order by key asc, "c"."rid" asc limit 51)) f order by key asc, "f"."rid" asc limit 51) f
join current c on c.rid = f.rid join version v on v.rid = f.rid and v.version = f.version order by key asc, "f"."rid" asc
-- 6 parameters
select ((select count(*) from current c where c.sid = any($1::int2[]) and c.type = $2 and not c.deleted and (c.sid <> 0 or exists (select 1 from flow f where f.type = $3 and f.id = c.id and f.sid = $4))))::int8 as total
