-- Totals are counted from the index alone: it also says whose each resource is, and whether a parameter has a value.
drop index current_code;
create index current_code on current (sid, type, hcode, updated, rid) include (patient, patients, present) where not deleted and hcode is not null;
drop index current_dlo;
create index current_dlo on current (sid, type, dlo, rid) include (dhi, patient, patients) where not deleted;
-- What names several people is rare, and is looked for apart.
create index current_several on current (sid, type, patient) where not deleted and patients is not null;
-- Dates that last longer than a day, as a value that statistics can hold by study and type.
drop index current_long;
create index current_long on current (sid, type, dlo) where not deleted and (dhi - dlo > 86400000)::int = 1;
drop statistics current_span;
create statistics current_span (mcv) on sid, type, ((dhi - dlo > 86400000)::int) from current;
-- Study, type and code go together: taken for independent, they make a range of thousands look like a hundred rows.
create statistics current_kind (mcv) on sid, type, hcode from current;
analyze current;
