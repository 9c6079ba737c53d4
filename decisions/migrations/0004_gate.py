"""Claims, leases, reverts, freezes and the clocks of veto windows.

Adds columns with constant defaults and empty tables: a short exclusive lock on `decision`, no rewrite.
"""

from django.db import migrations, models

import decisions.vocab


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0003_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Freeze",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("id", models.UUIDField(unique=True)),
                ("scope", models.CharField(max_length=11)),
                ("value", models.CharField(blank=True, max_length=64)),
                ("mode", models.CharField(max_length=8)),
                ("reason", models.TextField(blank=True)),
                ("in_flight", models.JSONField(default=list)),
                ("set_by", models.UUIDField(null=True)),
                ("set_at", models.DateTimeField()),
                ("asked_by", models.UUIDField(null=True)),
                ("asked_at", models.DateTimeField(null=True)),
                ("lifted_by", models.UUIDField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "agent_freeze",
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("decision_seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
            ],
            options={
                "db_table": "heartbeat",
            },
        ),
        migrations.CreateModel(
            name="ServedClock",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("served_ms", models.BigIntegerField(default=0)),
                ("resumed_ms", models.BigIntegerField(default=0)),
                ("beat_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "served_clock",
            },
        ),
        migrations.AddField(
            model_name="decision",
            name="basis",
            field=models.CharField(blank=True, max_length=11),
        ),
        migrations.AddField(
            model_name="decision",
            name="claim_key",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="decision",
            name="executor",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="decision",
            name="hold_seconds",
            field=models.IntegerField(default=1800),
        ),
        migrations.AddField(
            model_name="decision",
            name="lease_id",
            field=models.UUIDField(null=True, unique=True),
        ),
        migrations.AddField(
            model_name="decision",
            name="lease_seq",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="decision",
            name="lease_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="decision",
            name="protect_seconds",
            field=models.IntegerField(default=3600),
        ),
        migrations.AddField(
            model_name="decision",
            name="protect_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="decision",
            name="served_due",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="decision",
            name="stopped_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="decision",
            name="to_revert",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="decision",
            name="window_ms",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            decisions.vocab.State["AUTHORIZED"],
                            decisions.vocab.State["EXECUTING"],
                            decisions.vocab.State["REVERT_ORDERED"],
                            decisions.vocab.State["REVERTING"],
                            decisions.vocab.State["REVIEW"],
                        ],
                    )
                ),
                fields=["state"],
                name="decision_in_flight",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "basis__in",
                        [
                            "",
                            decisions.vocab.Basis["QUORUM"],
                            decisions.vocab.Basis["WINDOW"],
                            decisions.vocab.Basis["AUTONOMY"],
                            decisions.vocab.Basis["BREAK_GLASS"],
                        ],
                    )
                ),
                name="decision_basis",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", decisions.vocab.State["EXECUTING"]), _negated=True),
                    models.Q(("lease_id__isnull", False), ("lease_seq__isnull", False), ("lease_until__isnull", False)),
                    _connector="OR",
                ),
                name="decision_executes_by_claim",
            ),
        ),
        migrations.AddConstraint(
            model_name="freeze",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "scope__in",
                        [
                            decisions.vocab.FreezeScope["EVERYTHING"],
                            decisions.vocab.FreezeScope["ENVIRONMENT"],
                            decisions.vocab.FreezeScope["SERVICE"],
                            decisions.vocab.FreezeScope["AGENT"],
                        ],
                    )
                ),
                name="freeze_scope",
            ),
        ),
        migrations.AddConstraint(
            model_name="freeze",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("mode__in", [decisions.vocab.FreezeMode["AUTONOMY"], decisions.vocab.FreezeMode["ALL"]])
                ),
                name="freeze_mode",
            ),
        ),
        migrations.AddConstraint(
            model_name="freeze",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("scope", decisions.vocab.FreezeScope["EVERYTHING"]), ("value", "")),
                    models.Q(
                        models.Q(("scope", decisions.vocab.FreezeScope["EVERYTHING"]), _negated=True),
                        models.Q(("value", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="freeze_names_its_scope",
            ),
        ),
        migrations.AddConstraint(
            model_name="freeze",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at__isnull", True)),
                fields=("scope", "value", "mode"),
                name="freeze_one_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="servedclock",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="served_clock_one"),
        ),
    ]
