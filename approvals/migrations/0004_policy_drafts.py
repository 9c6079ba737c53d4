"""Drafts of the policy, and which of them a version was.

Adds one empty table, and a column without a default to a table of a few rows: no rewrite.
"""

from django.db import migrations, models

import approvals.vocab


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0003_break_glass"),
    ]

    operations = [
        migrations.AddField(
            model_name="policyversion",
            name="draft_id",
            field=models.UUIDField(null=True),
        ),
        migrations.CreateModel(
            name="PolicyDraft",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("id", models.UUIDField(unique=True)),
                ("state", models.CharField(max_length=9)),
                ("based_on", models.IntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("document", models.JSONField()),
                ("reason", models.TextField()),
                ("drafted_by", models.UUIDField()),
                ("drafted_at", models.DateTimeField()),
                ("ended_by", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("became", models.IntegerField(null=True)),
            ],
            options={
                "db_table": "policy_draft",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    approvals.vocab.DraftState["OPEN"],
                                    approvals.vocab.DraftState["ACTIVATED"],
                                    approvals.vocab.DraftState["WITHDRAWN"],
                                ],
                            )
                        ),
                        name="policy_draft_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("state", approvals.vocab.DraftState["OPEN"])),
                            models.Q(
                                models.Q(("state", approvals.vocab.DraftState["OPEN"]), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="policy_draft_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("became__isnull", False), ("state", approvals.vocab.DraftState["ACTIVATED"])),
                            models.Q(
                                models.Q(("state", approvals.vocab.DraftState["ACTIVATED"]), _negated=True),
                                ("became__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="policy_draft_becomes",
                    ),
                ],
            },
        ),
    ]
