"""Counts of decisions by stretch of time and state, from which wide windows of the timeline are drawn.

The counts are made of what is there, which reads every decision once: some ten seconds for each million. Writers wait meanwhile.
"""

from typing import Any

from django.db import migrations, models

SECOND = {
    "postgresql": "floor(extract(epoch FROM occurred_at))::bigint",
    "sqlite": "CAST(strftime('%s', occurred_at) AS INTEGER)",
}
COUNT = """
INSERT INTO decision_count (width, start, state, n)
SELECT :width, at - at % :width, state, count(*) FROM (
    SELECT :second AS at, CASE
        WHEN state IN ('succeeded', 'failed') AND protect_until IS NOT NULL
            AND (sign_off = 'accepted' OR (sign_off = 'none' AND outcome_observed)) THEN 'closed'
        ELSE state END AS state
    FROM decision
) AS told GROUP BY 1, 2, 3
"""


def statements(vendor: str) -> list[str]:
    """What fills the table, anew."""
    counted = COUNT.replace(":second", SECOND[vendor])
    return ["DELETE FROM decision_count", *(counted.replace(":width", str(width)) for width in (300, 3600, 21_600))]


def fill(apps: Any, editor: Any) -> None:
    for statement in statements(editor.connection.vendor):
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("decisions", "0017_lists")]
    operations = [
        migrations.CreateModel(
            "DecisionCount",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "width", "start", "state", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("width", models.IntegerField()),
                ("start", models.BigIntegerField()),
                ("state", models.CharField(max_length=20)),
                ("n", models.IntegerField()),
            ],
            {"db_table": "decision_count"},
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            "decision",
            models.Index(
                fields=["protect_until"],
                name="decision_protected",
                condition=models.Q(state__in=["succeeded", "failed"]),
            ),
        ),
    ]
