-- A signature under a role policy is an electronic signature like all others. Those made before keep the mark they were given, which is
-- checked in the form in which it was made.
insert into signature (id, at, signer, name, role, meaning, subject_kind, subject_id, subject_hash, sid, mark)
select gen_random_uuid()::text, (s ->> 'at')::bigint, s ->> 'signer', s ->> 'name', s ->> 'role', s ->> 'meaning', 'role-policy',
  p.version::text, p.hash, null, decode(s ->> 'mark', 'base64')
from access_policy p cross join lateral jsonb_array_elements(p.signatures) s;

-- Two signatures are two people's.
create unique index signature_role_policy on signature (subject_id, signer) where subject_kind = 'role-policy';

alter table access_policy drop column signatures;
