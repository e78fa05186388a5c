# For PostgreSQL's first start, after 10-roles.sql: the roles' passwords, from files.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --host /var/run/postgresql \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set owner `printf %s_owner "$POSTGRES_DB"`
\set service `printf %s_service "$POSTGRES_DB"`
\set owner_password `cat /run/secrets/owner-password`
\set service_password `cat /run/secrets/service-password`
ALTER ROLE :"owner" PASSWORD :'owner_password';
ALTER ROLE :"service" PASSWORD :'service_password';
SQL
