#!/bin/sh
# Run once by the PostgreSQL image, when its data directory is new: the roles and the database (roles.sql), with the passwords of the environment.
set -eu
psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  -v owner_password="$OWNER_PASSWORD" -v server_password="$SERVER_PASSWORD" -v loader_password="$LOADER_PASSWORD" -f /dure/roles.sql
