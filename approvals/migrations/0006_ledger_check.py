"""The table of full checks of the ledger, with how far each is. New and empty: nothing waits for it."""

import uuid

from django.db import migrations, models

RESULTS = ["", "clean", "faulty", "interrupted"]


class Migration(migrations.Migration):
    dependencies = [("approvals", "0005_erasure")]

    operations = [
        migrations.CreateModel(
            name="LedgerCheck",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("requested_by", models.UUIDField()),
                ("requested_at", models.DateTimeField()),
                ("begun_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField()),
                ("done", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(default=0)),
                ("over", models.BooleanField(default=False)),
                ("result", models.CharField(blank=True, max_length=12)),
                ("seq", models.BigIntegerField(null=True)),
                ("unrecorded", models.JSONField(default=dict)),
            ],
            options={
                "db_table": "ledger_check",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(result__in=RESULTS), name="ledger_check_result"),
                    models.UniqueConstraint(
                        condition=models.Q(over=False), fields=("over",), name="ledger_check_one_at_a_time"
                    ),
                ],
            },
        ),
    ]
