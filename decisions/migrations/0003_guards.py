"""Guards of the ledger: its tables take inserts alone, and the head only grows.

Grants by role are the fence, these triggers the tripwire, checkpoints held elsewhere the proof. On PostgreSQL the
triggers are ENABLE ALWAYS, so that session_replication_role does not skip them, and the database itself recomputes
each leaf hash. On SQLite an insert over an existing key is refused as well, because REPLACE would delete silently.
Takes a short exclusive lock on three tables; they are empty when it first runs.
"""

from typing import Any

from django.db import migrations

INSERT_ONLY = ("entry", "checkpoint")
KEY = {"entry": "seq", "checkpoint": "size"}

POSTGRESQL = """
SET LOCAL lock_timeout = '5s';
CREATE FUNCTION oversight_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the table % takes inserts alone', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION oversight_head_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'the head stays' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root) OR NEW.at < OLD.at THEN
        RAISE EXCEPTION 'the head only grows' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.size <> coalesce((SELECT max(seq) + 1 FROM entry), 0) THEN
        RAISE EXCEPTION 'the head must match the entries' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION oversight_entries_dense() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE low bigint; high bigint; many bigint; size bigint;
BEGIN
    SELECT min(seq), max(seq), count(*) INTO low, high, many FROM added;
    IF many = 0 THEN RETURN NULL; END IF;
    SELECT max(e.seq) + 1 INTO size FROM entry e WHERE e.seq < low;
    IF high - low + 1 <> many OR low <> coalesce(size, 0) THEN
        RAISE EXCEPTION 'entries leave no gap' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER head_grows BEFORE UPDATE OR DELETE ON head FOR EACH ROW EXECUTE FUNCTION oversight_head_grows();
CREATE TRIGGER head_stays BEFORE TRUNCATE ON head FOR EACH STATEMENT EXECUTE FUNCTION oversight_insert_only();
ALTER TABLE head ENABLE ALWAYS TRIGGER head_grows;
ALTER TABLE head ENABLE ALWAYS TRIGGER head_stays;
CREATE TRIGGER entry_dense AFTER INSERT ON entry REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION oversight_entries_dense();
ALTER TABLE entry ENABLE ALWAYS TRIGGER entry_dense;
ALTER TABLE entry ADD CONSTRAINT entry_leaf CHECK (leaf = sha256('\\x00'::bytea || body));
"""
POSTGRESQL_EACH = """
CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION oversight_insert_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION oversight_insert_only();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_insert_only;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
"""
POSTGRESQL_BACK = """
DROP TRIGGER IF EXISTS entry_dense ON entry;
DROP TRIGGER IF EXISTS head_grows ON head;
DROP TRIGGER IF EXISTS head_stays ON head;
DROP TRIGGER IF EXISTS entry_insert_only ON entry;
DROP TRIGGER IF EXISTS entry_no_truncate ON entry;
DROP TRIGGER IF EXISTS checkpoint_insert_only ON checkpoint;
DROP TRIGGER IF EXISTS checkpoint_no_truncate ON checkpoint;
ALTER TABLE entry DROP CONSTRAINT IF EXISTS entry_leaf;
DROP FUNCTION IF EXISTS oversight_entries_dense();
DROP FUNCTION IF EXISTS oversight_head_grows();
DROP FUNCTION IF EXISTS oversight_insert_only();
"""
SQLITE_EACH = (
    (
        "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}"
        " BEGIN SELECT RAISE(ABORT, 'the table {table} takes inserts alone'); END"
    ),
    (
        "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
        " BEGIN SELECT RAISE(ABORT, 'the table {table} takes inserts alone'); END"
    ),
    (
        "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"
        " WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
        " BEGIN SELECT RAISE(ABORT, 'the table {table} takes inserts alone'); END"
    ),
)
SQLITE = (
    (
        "CREATE TRIGGER entry_same_id BEFORE INSERT ON entry WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.id)"
        " BEGIN SELECT RAISE(ABORT, 'the table entry takes inserts alone'); END"
    ),
    (
        "CREATE TRIGGER entry_dense BEFORE INSERT ON entry"
        " WHEN NEW.seq <> coalesce((SELECT max(seq) + 1 FROM entry), 0)"
        " BEGIN SELECT RAISE(ABORT, 'entries leave no gap'); END"
    ),
    (
        "CREATE TRIGGER head_grows BEFORE UPDATE ON head WHEN NEW.size < OLD.size OR NEW.at < OLD.at"
        " OR (NEW.size = OLD.size AND NEW.root <> OLD.root)"
        " OR NEW.size <> coalesce((SELECT max(seq) + 1 FROM entry), 0)"
        " BEGIN SELECT RAISE(ABORT, 'the head only grows'); END"
    ),
    "CREATE TRIGGER head_stays BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'the head stays'); END",
    (
        "CREATE TRIGGER head_one BEFORE INSERT ON head WHEN EXISTS (SELECT 1 FROM head)"
        " BEGIN SELECT RAISE(ABORT, 'there is one head'); END"
    ),
)
SQLITE_NAMES = [
    "entry_no_update",
    "entry_no_delete",
    "entry_no_replace",
    "entry_same_id",
    "entry_dense",
    "head_grows",
    "head_stays",
    "head_one",
    "checkpoint_no_update",
    "checkpoint_no_delete",
    "checkpoint_no_replace",
]


def guard(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(POSTGRESQL, params=None)
        for table in INSERT_ONLY:
            editor.execute(POSTGRESQL_EACH.format(table=table), params=None)
    else:
        for table in INSERT_ONLY:
            for statement in SQLITE_EACH:
                editor.execute(statement.format(table=table, key=KEY[table]))
        for statement in SQLITE:
            editor.execute(statement)


def unguard(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(POSTGRESQL_BACK, params=None)
    else:
        for name in SQLITE_NAMES:
            editor.execute(f"DROP TRIGGER IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("decisions", "0002_head")]
    operations = [migrations.RunPython(guard, unguard)]
