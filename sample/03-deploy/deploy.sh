#!/usr/bin/env sh
# Deploys a new version of a shop: migrates its database while billing is closed and quiet, then starts it.
# MAINTENANCE_REDIS_URL says where the state of the running application is.
set -eu

maintenance() { npx nestjs-maintenance "$@"; }

# find problems before the maintenance, not during it
maintenance doctor

# closes billing, waits until no replica serves it any more, migrates, opens it; its exit code is that of the migration
maintenance run billing --drain 30s --wait 10m --message "We are updating billing." -- npx prisma migrate deploy

# your own way to start it
./start-new-version.sh
