"""The few decisions that were told long before or after they occurred: of a span of time the others lie together.

Writers wait while it is made: two seconds for each million decisions.
"""

from typing import Any

from django.db import migrations

APART = {
    "postgresql": "ABS(EXTRACT(EPOCH FROM (received_at - occurred_at))) > 900",
    "sqlite": "ABS(julianday(received_at) - julianday(occurred_at)) * 86400 > 900",
}


def make(apps: Any, editor: Any) -> None:
    apart = APART[editor.connection.vendor]
    editor.execute(f"CREATE INDEX decision_told_aside ON decision (occurred_at, seq) WHERE ({apart})")


def drop(apps: Any, editor: Any) -> None:
    editor.execute("DROP INDEX decision_told_aside")


class Migration(migrations.Migration):
    dependencies = [("decisions", "0020_contradicted")]
    # In SQL of its own: how far two times are apart, Django would ask SQLite by a function that only Django has.
    operations = [migrations.RunPython(make, drop)]
