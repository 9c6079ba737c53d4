"""The head knows under which name the ledger goes on, and whether it is halted; cosignatures of checkpoints, insert-only.

The head's columns in SQL of its own: on SQLite Django would make the table anew, without its guards. Takes no lock worth
the name: one row.
"""

from typing import Any

from django.db import migrations, models

POSTGRESQL = """
CREATE TRIGGER cosignature_insert_only BEFORE UPDATE OR DELETE ON cosignature
    FOR EACH ROW EXECUTE FUNCTION oversight_insert_only();
CREATE TRIGGER cosignature_no_truncate BEFORE TRUNCATE ON cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION oversight_insert_only();
ALTER TABLE cosignature ENABLE ALWAYS TRIGGER cosignature_insert_only;
ALTER TABLE cosignature ENABLE ALWAYS TRIGGER cosignature_no_truncate;
"""
SQLITE = {
    "cosignature_no_update": "BEFORE UPDATE ON cosignature",
    "cosignature_no_delete": "BEFORE DELETE ON cosignature",
    "cosignature_no_replace": (
        "BEFORE INSERT ON cosignature WHEN EXISTS (SELECT 1 FROM cosignature WHERE id = NEW.id"
        " OR (size = NEW.size AND witness = NEW.witness AND at = NEW.at))"
    ),
}


def guard(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(POSTGRESQL, params=None)
        return
    for name, when in SQLITE.items():
        refusal = "SELECT RAISE(ABORT, 'the table cosignature takes inserts alone')"
        editor.execute(f"CREATE TRIGGER {name} {when} BEGIN {refusal}; END", params=None)


class Migration(migrations.Migration):
    dependencies = [("decisions", "0012_nothing_left_in_free_pages")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE head ADD COLUMN origin varchar(255) DEFAULT '' NOT NULL",
                    "ALTER TABLE head DROP COLUMN origin",
                ),
                migrations.RunSQL(
                    "ALTER TABLE head ADD COLUMN halted boolean DEFAULT false NOT NULL",
                    "ALTER TABLE head DROP COLUMN halted",
                ),
            ],
            state_operations=[
                migrations.AddField("head", "origin", models.CharField(max_length=255, default="")),
                migrations.AddField("head", "halted", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("size", models.BigIntegerField()),
                ("witness", models.CharField(max_length=255)),
                ("line", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "cosignature",
                "constraints": [
                    models.UniqueConstraint(fields=("size", "witness", "at"), name="cosignature_once"),
                ],
            },
        ),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
