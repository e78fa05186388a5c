-- Creates or corrects the roles of the database NAME that this runs in. NAME_owner owns
-- everything and migrates. The service connects as NAME_service: it owns nothing, so it
-- can neither change the schema, switch a trigger off, nor truncate the ledger.
-- NAME_service_2 is a second login of the service, for the time in which its password is
-- replaced. Passwords are set elsewhere; a role without a password can't log in. Run it
-- as a superuser or a role with CREATEROLE, in PostgreSQL 16 or later; it may run again.
DO $$
DECLARE
    owner text := current_database() || '_owner';
    service text := current_database() || '_service';
    second text := current_database() || '_service_2';
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY[owner, service, second] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', role);
        END IF;
        -- On the role and not in a session: a pooler would carry it to others.
        EXECUTE format('ALTER ROLE %I SET timezone = ''UTC''', role);
        EXECUTE format('ALTER ROLE %I SET lock_timeout = ''5s''', role);
        -- Storage is solid-state, or memory: a list had better follow an index than
        -- read and sort all that its filter finds.
        EXECUTE format('ALTER ROLE %I SET random_page_cost = 1.1', role);
    END LOOP;
    EXECUTE format('ALTER ROLE %I SET statement_timeout = ''10min''', owner);
    FOREACH role IN ARRAY ARRAY[service, second] LOOP
        EXECUTE format('ALTER ROLE %I SET statement_timeout = ''15s''', role);
        EXECUTE format(
            'ALTER ROLE %I SET idle_in_transaction_session_timeout = ''15s''', role
        );
    END LOOP;
    EXECUTE format('GRANT %I TO %I', service, second);
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT %I TO %I', owner, current_user);
    END IF;
    EXECUTE format('ALTER DATABASE %I OWNER TO %I', current_database(), owner);
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), service);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', service);
    -- DELETE is granted by the migrations, table by table: each service's settings say
    -- on which (EMPTIED_TABLES).
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public '
        'GRANT SELECT, INSERT, UPDATE ON TABLES TO %I', owner, service
    );
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public '
        'REVOKE DELETE ON TABLES FROM %I', owner, service
    );
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public '
        'GRANT USAGE, SELECT ON SEQUENCES TO %I', owner, service
    );
END $$;
