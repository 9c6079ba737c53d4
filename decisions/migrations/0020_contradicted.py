"""What the holder of a lease told and what was seen otherwise: an index of it, and its place in the counts.

Every page counts these few among all that was done. In the counts they move from the state that was told to that of
needing a review. Writers wait while the index is made: a second for each million decisions.
"""

from typing import Any

from django.db import migrations, models

SECOND = {
    "postgresql": "floor(extract(epoch FROM occurred_at))::bigint",
    "sqlite": "CAST(strftime('%s', occurred_at) AS INTEGER)",
}
MOVED = """
INSERT INTO decision_count (width, start, state, n)
SELECT :width, at - at % :width, state, sum(n) FROM (
    SELECT :second AS at, 'review' AS state, 1 AS n FROM decision WHERE :contradicted
    UNION ALL
    SELECT :second AS at, CASE
        WHEN protect_until IS NOT NULL AND sign_off IN ('accepted', 'none') THEN 'closed'
        ELSE state END AS state, -1 AS n
    FROM decision WHERE :contradicted
) AS told GROUP BY 1, 2, 3
ON CONFLICT (width, start, state) DO UPDATE SET n = decision_count.n + excluded.n
"""
CONTRADICTED = """outcome_observed AND (
    (state = 'succeeded' AND outcome IN ('failed', 'not_executed', 'partial', 'unknown'))
    OR (state = 'failed' AND outcome IN ('no_change', 'succeeded', 'unknown'))
)"""


def statements(vendor: str) -> list[str]:
    """What moves them in the counts."""
    moved = MOVED.replace(":second", SECOND[vendor]).replace(":contradicted", CONTRADICTED)
    widths = (300, 3600, 21_600)
    return [*(moved.replace(":width", str(width)) for width in widths), "DELETE FROM decision_count WHERE n = 0"]


def move(apps: Any, editor: Any) -> None:
    for statement in statements(editor.connection.vendor):
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("decisions", "0019_to_review")]
    operations = [
        migrations.RunPython(move, migrations.RunPython.noop),
        migrations.AddIndex(
            "decision",
            models.Index(
                fields=["seq"],
                name="decision_contradicted",
                condition=models.Q(outcome_observed=True)
                & (
                    models.Q(state="succeeded", outcome__in=["failed", "not_executed", "partial", "unknown"])
                    | models.Q(state="failed", outcome__in=["no_change", "succeeded", "unknown"])
                ),
            ),
        ),
    ]
