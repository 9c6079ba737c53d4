"""Counts of decisions by service and by agent, from which the lanes of wide windows are drawn.

They are made of what is there, which reads every decision six times. Writers wait meanwhile.
"""

from typing import Any

from django.db import migrations, models

SECOND = {
    "postgresql": "floor(extract(epoch FROM occurred_at))::bigint",
    "sqlite": "CAST(strftime('%s', occurred_at) AS INTEGER)",
}
AGENT = {"postgresql": "replace(agent_id::text, '-', '')", "sqlite": "agent_id"}
COUNT = """
INSERT INTO lane_count (lane_of, width, start, lane, state, n)
SELECT ':lane_of', :width, at - at % :width, lane, state, count(*) FROM (
    SELECT :second AS at, :lane AS lane, CASE
        WHEN outcome_observed AND (
            (state = 'succeeded' AND outcome IN ('failed', 'not_executed', 'partial', 'unknown'))
            OR (state = 'failed' AND outcome IN ('no_change', 'succeeded', 'unknown'))
        ) THEN 'review'
        WHEN state IN ('succeeded', 'failed') AND protect_until IS NOT NULL
            AND (sign_off = 'accepted' OR (sign_off = 'none' AND outcome_observed)) THEN 'closed'
        ELSE state END AS state
    FROM decision
) AS told GROUP BY 3, 4, 5
"""


def statements(vendor: str) -> list[str]:
    """What fills the table, anew."""
    counted = COUNT.replace(":second", SECOND[vendor])
    return ["DELETE FROM lane_count"] + [
        counted.replace(":lane_of", lane_of).replace(":width", str(width)).replace(":lane", lane)
        for lane_of, lane in (("service", "service"), ("agent", AGENT[vendor]))
        for width in (300, 3600, 21_600)
    ]


def fill(apps: Any, editor: Any) -> None:
    for statement in statements(editor.connection.vendor):
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("decisions", "0025_expiry_due")]
    operations = [
        migrations.CreateModel(
            "LaneCount",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "lane_of",
                        "width",
                        "start",
                        "lane",
                        "state",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("lane_of", models.CharField(max_length=7)),
                ("width", models.IntegerField()),
                ("start", models.BigIntegerField()),
                ("lane", models.CharField(max_length=64)),
                ("state", models.CharField(max_length=20)),
                ("n", models.IntegerField()),
            ],
            {"db_table": "lane_count"},
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
