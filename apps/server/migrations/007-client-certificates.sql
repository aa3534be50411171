-- Headless clients known by the subject of their certificate. Both parts or none; one subject is one client.
alter table oauth_client
  add column certificate_cn text collate "C",
  add column certificate_ou text collate "C",
  add constraint oauth_client_certificate check ((certificate_cn is null) = (certificate_ou is null));
create unique index oauth_client_certificate_of on oauth_client (certificate_cn, certificate_ou) where certificate_cn is not null;
