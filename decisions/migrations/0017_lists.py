"""Indexes that lists of decisions follow, whatever they are filtered by; those that nothing reads are dropped.

PostgreSQL was given a second index for patterns beside that of each text column, and no query asks for patterns. What a
decision costs to store stays about the same. Writers wait while
the indexes are made: some ten seconds for each million decisions.
"""

from typing import Any

from django.db import migrations, models

UNUSED = (
    ("decision_action_hash_47bb09e9", "decision (action_hash)"),
    ("decision_action_hash_47bb09e9_like", "decision (action_hash varchar_pattern_ops)"),
    ("decision_ref_key_6304351a_like", "decision (ref_key varchar_pattern_ops)"),
    ("entry_kind_3a4a7649_like", "entry (kind varchar_pattern_ops)"),
)
BACK = {name: f"CREATE INDEX IF NOT EXISTS {name} ON {what}" for name, what in UNUSED}


def make_again(apps: Any, editor: Any) -> None:
    """Those of patterns are PostgreSQL's alone."""
    on_postgresql = editor.connection.vendor == "postgresql"
    for name, statement in BACK.items():
        if on_postgresql or not name.endswith("_like"):
            editor.execute(statement)


def drop(apps: Any, editor: Any) -> None:
    for name, _ in UNUSED:
        editor.execute(f"DROP INDEX IF EXISTS {name}")


def index(name: str, *fields: str) -> migrations.AddIndex:
    return migrations.AddIndex("decision", models.Index(fields=fields, name=name))


class Migration(migrations.Migration):
    dependencies = [("decisions", "0016_when_it_was_done")]
    operations = [
        # In SQL of its own: on SQLite Django would make the table anew, without its guards.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop, make_again)],
            state_operations=[
                migrations.AlterField("decision", "action_hash", models.CharField(max_length=71, blank=True))
            ],
        ),
        migrations.RemoveIndex("decision", "decision_occurred"),
        index("decision_action", "action_hash"),
        index("decision_at", "occurred_at", "seq"),
        index("decision_agent", "agent_id", "seq"),
        index("decision_environment", "environment", "seq"),
        index("decision_kind", "kind", "seq"),
        index("decision_of_state", "state", "seq"),
        index("decision_of_sign_off", "sign_off", "seq"),
    ]
