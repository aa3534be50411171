select f.key, pg_current_snapshot()::text as snapshot, v.rid, v.sid, v.type, c.id, v.version, v.op, v.at,
  (select p.id from person p where p.pid = v.patient) as patient_id,
  case when c.patients is not null then array(select p.id from person p where p.pid = any(c.patients) and p.pid <> v.patient) end as other_ids, v.site, v.hash, convert_from(v.content, 'UTF8') as content
from (select f.* from ((select c.rid, c.version, c.id as key from current c where c.sid = $1 and c.type = $2 and not c.deleted and not exists (select 1 from enrolment w where w.sid = $3 and w.withheld and w.patient = c.patient) and (c.patients is null or not (c.patients && array(select w.patient from enrolment w where w.sid = $4 and w.withheld))) and (c.id, c.rid) > ($5, $6::int8) order by key asc, "c"."rid" asc limit 51)) f order by key asc, "f"."rid" asc limit 51) f
join current c on c.rid = f.rid join version v on v.rid = f.rid and v.version = f.version order by key asc, "f"."rid" asc
-- 6 parameters
select ((select count(*) from current c where c.sid = $1 and c.type = $2 and not c.deleted and not exists (select 1 from enrolment w where w.sid = $3 and w.withheld and w.patient = c.patient) and (c.patients is null or not (c.patients && array(select w.patient from enrolment w where w.sid = $4 and w.withheld)))))::int8 as total
