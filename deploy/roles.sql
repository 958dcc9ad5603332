-- The three database roles of Dure, for whoever administers the PostgreSQL. Run it once, as a superuser or a role with CREATEROLE, with
-- passwords of your own:
--   psql -v owner_password=… -v server_password=… -v loader_password=… -f deploy/roles.sql
-- Then, with DURE_DATABASE_OWNER_URL, DURE_DATABASE_SERVER_URL and DURE_DATABASE_LOADER_URL set: dure migrate
-- That makes the tables and grants each role what it needs, now and after each later migration.
create role dure_owner login password :'owner_password';
create role dure_server login password :'server_password';
create role dure_loader login password :'loader_password';
create database dure owner dure_owner;
revoke connect, temporary on database dure from public;
grant connect on database dure to dure_server, dure_loader;
grant temporary on database dure to dure_loader;
-- Only where one role has done everything until now: lets "dure migrate" hand the rows over to the loader.
--   grant dure_loader to dure_owner;
