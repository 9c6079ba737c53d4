"""The tables of what people said. Creates tables alone: takes no lock on others."""

import uuid

from django.db import migrations, models

import decisions.vocab


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                ("version", models.IntegerField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(unique=True)),
                ("sha256", models.CharField(max_length=64)),
                ("document", models.JSONField()),
                ("activated_at", models.DateTimeField()),
                ("activated_by", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "policy_version",
            },
        ),
        migrations.CreateModel(
            name="IdempotentAnswer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("principal", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=255)),
                ("request_sha256", models.CharField(max_length=64)),
                ("status", models.SmallIntegerField()),
                ("body", models.JSONField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "idempotent_answer",
                "constraints": [models.UniqueConstraint(fields=("principal", "key"), name="idempotent_answer_once")],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(unique=True)),
                ("period", models.CharField(max_length=7)),
                ("edition", models.CharField(max_length=20)),
                ("state", models.CharField(max_length=10)),
                ("seq_limit", models.BigIntegerField()),
                ("head", models.TextField(blank=True)),
                ("files", models.JSONField(default=dict)),
                ("built_at", models.DateTimeField()),
            ],
            options={
                "db_table": "report",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "attested", "issued"])), name="report_state"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportBuild",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("period", models.CharField(max_length=7)),
                ("state", models.CharField(default="queued", max_length=10)),
                ("step", models.CharField(blank=True, max_length=120)),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("requested_by", models.UUIDField(null=True)),
                ("requested_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "report_build",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["queued", "building"])),
                        fields=("period",),
                        name="report_build_one_running",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SignOffRecord",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("decision_seq", models.BigIntegerField(db_index=True)),
                ("person_id", models.UUIDField()),
                ("judgement", models.CharField(max_length=8)),
                ("effect", models.CharField(max_length=16)),
                ("cause", models.CharField(blank=True, max_length=20)),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "sign_off",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("judgement__in", ["accept", "refuse"])), name="sign_off_judgement"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "effect__in",
                                [
                                    decisions.vocab.Effect["PREVENTED_HARM"],
                                    decisions.vocab.Effect["HELPED"],
                                    decisions.vocab.Effect["NO_EFFECT"],
                                    decisions.vocab.Effect["HARMED"],
                                    decisions.vocab.Effect["UNKNOWN"],
                                ],
                            )
                        ),
                        name="sign_off_effect",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "cause__in",
                                [
                                    "",
                                    decisions.vocab.Cause["VENDOR_DEFECT"],
                                    decisions.vocab.Cause["AGENT_ERROR"],
                                    decisions.vocab.Cause["OVERSIGHT_FAILURE"],
                                    decisions.vocab.Cause["POLICY_GAP"],
                                    decisions.vocab.Cause["BAD_DATA"],
                                    decisions.vocab.Cause["ENVIRONMENT"],
                                ],
                            )
                        ),
                        name="sign_off_cause",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("decision_seq", models.BigIntegerField(db_index=True)),
                ("person_id", models.UUIDField()),
                ("verdict", models.CharField(max_length=8)),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "verdict",
                "constraints": [
                    models.UniqueConstraint(fields=("decision_seq", "person_id", "verdict"), name="verdict_once"),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["approve", "veto"])), name="verdict_word"
                    ),
                ],
            },
        ),
    ]
