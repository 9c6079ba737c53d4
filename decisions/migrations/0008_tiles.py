"""The tree as full tiles, each stored once: the table, its guards, and the tiles of the entries that are there.

The database itself compares a tile with what lies beneath it: leaves at level 0, roots of full tiles above. Takes no
lock on `entry`; reads it once, which is about a minute for each five million entries. A tile that an older version
leaves out while it still runs is stored with the next one.
"""

import hashlib
from typing import Any

import django.db.models.functions
import django.db.models.lookups
from django.db import migrations, models

WIDTH = 256
POSTGRESQL = """
SET LOCAL lock_timeout = '5s';
CREATE FUNCTION oversight_tile_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE beneath bytea;
BEGIN
    IF NEW.n <> coalesce((SELECT max(n) + 1 FROM tile WHERE level = NEW.level), 0) THEN
        RAISE EXCEPTION 'tiles leave no gap' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.level = 0 THEN
        SELECT string_agg(leaf, ''::bytea ORDER BY seq) INTO beneath
            FROM entry WHERE seq >= NEW.n * 256 AND seq < (NEW.n + 1) * 256;
    ELSE
        SELECT string_agg(root, ''::bytea ORDER BY n) INTO beneath
            FROM tile WHERE level = NEW.level - 1 AND n >= NEW.n * 256 AND n < (NEW.n + 1) * 256;
    END IF;
    IF beneath IS DISTINCT FROM NEW.hashes THEN
        RAISE EXCEPTION 'a tile holds what lies beneath it' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tile_fits BEFORE INSERT ON tile FOR EACH ROW EXECUTE FUNCTION oversight_tile_fits();
CREATE TRIGGER tile_insert_only BEFORE UPDATE OR DELETE ON tile
    FOR EACH ROW EXECUTE FUNCTION oversight_insert_only();
CREATE TRIGGER tile_no_truncate BEFORE TRUNCATE ON tile
    FOR EACH STATEMENT EXECUTE FUNCTION oversight_insert_only();
ALTER TABLE tile ENABLE ALWAYS TRIGGER tile_fits;
ALTER TABLE tile ENABLE ALWAYS TRIGGER tile_insert_only;
ALTER TABLE tile ENABLE ALWAYS TRIGGER tile_no_truncate;
-- Hashes do not compress: do not try.
ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
"""
POSTGRESQL_BACK = """
DROP TRIGGER IF EXISTS tile_fits ON tile;
DROP FUNCTION IF EXISTS oversight_tile_fits();
"""
SQLITE = (
    (
        "CREATE TRIGGER tile_no_update BEFORE UPDATE ON tile"
        " BEGIN SELECT RAISE(ABORT, 'the table tile takes inserts alone'); END"
    ),
    (
        "CREATE TRIGGER tile_no_delete BEFORE DELETE ON tile"
        " BEGIN SELECT RAISE(ABORT, 'the table tile takes inserts alone'); END"
    ),
    (
        "CREATE TRIGGER tile_no_replace BEFORE INSERT ON tile"
        " WHEN EXISTS (SELECT 1 FROM tile WHERE level = NEW.level AND n = NEW.n)"
        " BEGIN SELECT RAISE(ABORT, 'the table tile takes inserts alone'); END"
    ),
    (
        "CREATE TRIGGER tile_fits BEFORE INSERT ON tile"
        " WHEN NEW.n <> coalesce((SELECT max(n) + 1 FROM tile WHERE level = NEW.level), 0)"
        " OR hex(NEW.hashes) IS NOT CASE WHEN NEW.level = 0"
        " THEN (SELECT group_concat(part, '') FROM (SELECT hex(leaf) AS part FROM entry"
        " WHERE seq >= NEW.n * 256 AND seq < (NEW.n + 1) * 256 ORDER BY seq))"
        " ELSE (SELECT group_concat(part, '') FROM (SELECT hex(root) AS part FROM tile"
        " WHERE level = NEW.level - 1 AND n >= NEW.n * 256 AND n < (NEW.n + 1) * 256 ORDER BY n)) END"
        " BEGIN SELECT RAISE(ABORT, 'a tile holds what lies beneath it and leaves no gap'); END"
    ),
)
SQLITE_NAMES = ("tile_no_update", "tile_no_delete", "tile_no_replace", "tile_fits")


def guard(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(POSTGRESQL, params=None)
    else:
        for statement in SQLITE:
            editor.execute(statement, params=None)


def unguard(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(POSTGRESQL_BACK, params=None)
    else:
        for name in SQLITE_NAMES:
            editor.execute(f"DROP TRIGGER IF EXISTS {name}")


def fill(apps: Any, editor: Any) -> None:
    """Store every full tile of the entries that are there, level by level, a few hundred at a time."""
    tile = apps.get_model("decisions", "TileRow")
    entries = apps.get_model("decisions", "EntryRow").objects
    level, count = 0, entries.count() // WIDTH
    while count:
        for first in range(0, count, WIDTH):
            until = min(first + WIDTH, count)
            if level:
                rows = tile.objects.filter(level=level - 1, n__gte=first * WIDTH, n__lt=until * WIDTH).order_by("n")
                hashes = [bytes(root) for root in rows.values_list("root", flat=True)]
            else:
                rows = entries.filter(seq__gte=first * WIDTH, seq__lt=until * WIDTH).order_by("seq")
                hashes = [bytes(leaf) for leaf in rows.values_list("leaf", flat=True)]
            made = []
            for at in range(0, len(hashes), WIDTH):
                part = hashes[at : at + WIDTH]
                n = first + at // WIDTH
                made.append(tile(level=level, n=n, hashes=b"".join(part), root=root_over(part)))
            tile.objects.bulk_create(made)
        level, count = level + 1, count // WIDTH


def root_over(nodes: list[bytes]) -> bytes:
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2], strict=True)
        nodes = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return nodes[0]


class Migration(migrations.Migration):
    dependencies = [("decisions", "0007_holds_of_an_agent")]
    operations = [
        migrations.CreateModel(
            name="TileRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "n", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("n", models.BigIntegerField()),
                ("hashes", models.BinaryField(max_length=8192)),
                ("root", models.BinaryField(max_length=32)),
            ],
            options={
                "db_table": "tile",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.Exact(django.db.models.functions.Length("hashes"), 8192),
                            django.db.models.lookups.Exact(django.db.models.functions.Length("root"), 32),
                        ),
                        name="tile_full",
                    )
                ],
            },
        ),
        migrations.RunPython(guard, unguard),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
