#!/bin/sh
# Readiness probe of PostgreSQL in Kubernetes and Compose, at each start and later.
# The database needs its roles: the owner with a password, and the service with one for
# either of its logins. The probe creates what is missing, from roles.sql beside this file
# and from files of passwords, so that a start that failed half-way repairs itself. It
# keeps an existing password, which may have been changed (docs/operations.md).
set -eu
# During the scripts of the first start the server accepts no network connections.
pg_isready --quiet --host 127.0.0.1 --username "$POSTGRES_USER"

ask() {
    psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 \
        --host "${SOCKET_FOLDER:-/var/run/postgresql}" \
        --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" "$@"
}

have_passwords() {
    test "$(ask --command "
        SELECT count(*) FILTER (WHERE rolname = current_database() || '_owner') > 0
           AND count(*) FILTER (WHERE rolname <> current_database() || '_owner') > 0
        FROM pg_authid
        WHERE rolpassword IS NOT NULL
          AND rolname IN (current_database() || '_owner',
                          current_database() || '_service',
                          current_database() || '_service_2')")" = t
}

if have_passwords; then
    exit 0
fi
echo "making roles and passwords" >&2
ask --single-transaction --file "$(dirname "$0")/10-roles.sql" --file - <<'SQL'
\set owner_password `cat "${PASSWORDS_FOLDER:-/run/secrets}/owner-password"`
\set service_password `cat "${PASSWORDS_FOLDER:-/run/secrets}/service-password"`
SELECT current_database() || '_owner' AS owner,
       current_database() || '_service' AS service,
       NOT EXISTS (SELECT FROM pg_authid WHERE rolpassword IS NOT NULL
                   AND rolname = current_database() || '_owner') AS owner_has_none,
       NOT EXISTS (SELECT FROM pg_authid WHERE rolpassword IS NOT NULL
                   AND rolname IN (current_database() || '_service',
                                   current_database() || '_service_2'))
           AS service_has_none
\gset
\if :owner_has_none
ALTER ROLE :"owner" PASSWORD :'owner_password';
\endif
\if :service_has_none
ALTER ROLE :"service" PASSWORD :'service_password';
\endif
SQL
have_passwords
