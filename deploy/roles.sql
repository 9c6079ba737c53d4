-- Two roles on PostgreSQL: the owner of the tables, as which nobody signs in, and the application, which can add to the
-- ledger and never change it. Run it by a superuser in Oversight's database, after the first migration and after every
-- later one; it may be run as often as you like:
--
--     psql --single-transaction --set ON_ERROR_STOP=1 --dbname oversight --file deploy/roles.sql
--     psql --dbname oversight --command "ALTER ROLE oversight_application LOGIN PASSWORD '…'"
--
-- Web, worker and beat sign in as oversight_application. Migrations run as somebody who may become the owner:
--
--     psql --command "CREATE ROLE oversight_migration LOGIN PASSWORD '…' IN ROLE oversight_owner;
--                     ALTER ROLE oversight_migration SET role = 'oversight_owner'"

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'oversight_owner') THEN
        CREATE ROLE oversight_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'oversight_application') THEN
        CREATE ROLE oversight_application NOLOGIN NOINHERIT;
    END IF;
END $$;

-- Everything that migrations made belongs to the owner.
DO $$
DECLARE one record;
BEGIN
    FOR one IN
        SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public'
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO oversight_owner', one.name);
    END LOOP;
    FOR one IN
        SELECT p.oid::regprocedure::text AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'oversight\_%'
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO oversight_owner', one.name);
    END LOOP;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO oversight_owner;
GRANT USAGE ON SCHEMA public TO oversight_application;

-- Read models and operational tables: everything but their definition.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, oversight_application;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO oversight_application;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO oversight_application;

-- The ledger: added to, never changed. The head alone moves, and its triggers let it only grow.
REVOKE UPDATE, DELETE ON entry, tile, checkpoint, cosignature, django_migrations FROM oversight_application;
REVOKE INSERT, DELETE ON head FROM oversight_application;
