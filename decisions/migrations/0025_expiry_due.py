"""What had expired when something else was said of it, but no entry says so yet, is due to be said again.

Such a decision goes back to the state that its entries left it in: in effect it is as expired as before, and beat finds it.
The guard of its states is away for as long; on PostgreSQL it takes a short exclusive lock.
"""

from importlib import import_module
from typing import Any

from django.db import migrations

EDGES: Any = import_module("decisions.migrations.0005_edges")
SECOND = {
    "postgresql": "floor(extract(epoch FROM occurred_at))::bigint",
    "sqlite": "CAST(strftime('%s', occurred_at) AS INTEGER)",
}
UNSAID = """state = 'expired' AND NOT EXISTS (
    SELECT 1 FROM timeline WHERE decision_seq = decision.seq AND timeline.kind = 'decision.expired'
)"""
LEFT_IN = """COALESCE((
    SELECT timeline.state FROM timeline
    WHERE decision_seq = decision.seq AND timeline.state IN ('suggested', 'pending', 'window', 'authorized')
    ORDER BY timeline.seq DESC LIMIT 1
), state)"""
MOVED = """
INSERT INTO decision_count (width, start, state, n)
SELECT :width, at - at % :width, state, sum(n) FROM (
    SELECT :second AS at, :left_in AS state, 1 AS n FROM decision WHERE :unsaid
    UNION ALL
    SELECT :second AS at, state, -1 AS n FROM decision WHERE :unsaid
) AS told GROUP BY 1, 2, 3
ON CONFLICT (width, start, state) DO UPDATE SET n = decision_count.n + excluded.n
"""
EMPTY = "DELETE FROM decision_count WHERE n = 0"
BACK = "UPDATE decision SET state = :left_in WHERE :unsaid"


def statements(vendor: str) -> list[str]:
    """What moves them: in the counts first, which look at the states that they leave."""
    moved, *rest = (told.replace(":left_in", LEFT_IN).replace(":unsaid", UNSAID) for told in (MOVED, EMPTY, BACK))
    moved = moved.replace(":second", SECOND[vendor])
    return [*(moved.replace(":width", str(width)) for width in (300, 3600, 21_600)), *rest]


def move(apps: Any, editor: Any) -> None:
    EDGES.unguard(apps, editor)
    for statement in statements(editor.connection.vendor):
        editor.execute(statement, params=None)
    EDGES.guard(apps, editor)


class Migration(migrations.Migration):
    dependencies = [("decisions", "0024_on_call")]
    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
