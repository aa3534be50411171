-- Reminders that the clock sent under the present code; the account that a code made; why an invited guardian acts.
alter table invitation
  add column reminders int not null default 0,
  add column reminder_at bigint,
  add column account text collate "C",
  add column basis text,
  add column finding text;
create index invitation_open on invitation (expires_at) where accepted_at is null and declined_at is null and revoked_at is null;
grant update (reminders, reminder_at, account) on invitation to aquifer_app;
grant update (finding, account) on invitation to aquifer_eraser;

-- What was answered is kept for a time only.
create index registration_at on registration (at);
