#!/bin/sh
# Roles and databases. The image runs this once, when its data volume is empty.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set temporal_password="$TEMPORAL_DB_PASSWORD" --set ledger_password="$LEDGER_PASSWORD" <<'SQL'
create role temporal login password :'temporal_password';
create role aftercare login password :'ledger_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
create database aftercare owner aftercare;
revoke connect on database temporal, temporal_visibility, aftercare from public;
SQL
