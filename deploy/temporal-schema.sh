#!/bin/sh
# Temporal's tables, new or upgraded. Safe to repeat: what is there already is left as it is.
set -eu
schema=/etc/temporal/schema/postgresql/v12
tool() {
  temporal-sql-tool --plugin postgres12 --endpoint postgresql --port 5432 --user temporal --database "$@"
}
tool temporal setup-schema -v 0.0
tool temporal update-schema -d "$schema/temporal/versioned"
tool temporal_visibility setup-schema -v 0.0
tool temporal_visibility update-schema -d "$schema/visibility/versioned"
