"""Sources and their secrets, what other systems tell, what was counted of it; names that others use for services and agents."""

from django.db import migrations, models

import decisions.vocab


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0013_signer"),
    ]

    operations = [
        migrations.CreateModel(
            name="Format",
            fields=[
                ("system", models.SlugField(max_length=64, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("version", models.IntegerField()),
                ("text", models.TextField()),
                ("active", models.BooleanField()),
            ],
            options={
                "db_table": "format",
            },
        ),
        migrations.CreateModel(
            name="LinkCut",
            fields=[
                ("id", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("decision_seq", models.BigIntegerField(db_index=True)),
                ("evidence_seq", models.BigIntegerField()),
                ("by", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("reason", models.TextField(blank=True)),
            ],
            options={
                "db_table": "link_cut",
            },
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("agent_id", models.UUIDField()),
                ("episode", models.CharField(max_length=32)),
                ("calls", models.BigIntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "db_table": "look",
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("slug", models.SlugField(max_length=64, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("system", models.SlugField(max_length=64)),
                ("agent_id", models.UUIDField(null=True)),
                ("quiet_minutes", models.IntegerField(null=True)),
                ("active", models.BooleanField()),
            ],
            options={
                "db_table": "source",
            },
        ),
        migrations.CreateModel(
            name="SourceRefusal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source", models.CharField(db_index=True, max_length=80)),
                ("at", models.DateTimeField()),
                ("status", models.SmallIntegerField()),
                ("problem", models.CharField(max_length=64)),
                ("detail", models.TextField(blank=True)),
                ("sample", models.TextField(blank=True)),
            ],
            options={
                "db_table": "source_refusal",
            },
        ),
        migrations.CreateModel(
            name="SourceSecret",
            fields=[
                ("id", models.CharField(max_length=8, primary_key=True, serialize=False)),
                ("source_slug", models.CharField(db_index=True, max_length=64)),
                ("key", models.BinaryField()),
                ("sealed", models.BinaryField()),
                ("made_by", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "source_secret",
            },
        ),
        migrations.AddField(
            model_name="agent",
            name="identities",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="service",
            name="known_as",
            field=models.JSONField(default=list),
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("id", models.UUIDField(unique=True)),
                ("says", models.CharField(max_length=8)),
                ("source", models.CharField(max_length=64)),
                ("agent_id", models.UUIDField(null=True)),
                ("service", models.CharField(blank=True, max_length=64)),
                ("outcome", models.CharField(blank=True, max_length=16)),
                ("occurred_at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField()),
                ("told", models.JSONField(default=dict)),
                ("decision_seq", models.BigIntegerField(db_index=True, null=True)),
                ("rule", models.CharField(blank=True, max_length=16)),
            ],
            options={
                "db_table": "evidence",
                "indexes": [
                    models.Index(fields=["service", "occurred_at"], name="evidence_of_service"),
                    models.Index(fields=["source", "seq"], name="evidence_of_source"),
                    models.Index(
                        condition=models.Q(
                            ("agent_id__isnull", False),
                            ("decision_seq__isnull", True),
                            ("says", decisions.vocab.Says["EFFECT"]),
                        ),
                        fields=["agent_id", "occurred_at"],
                        name="evidence_unreported",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("says__in", [decisions.vocab.Says["TRIGGER"], decisions.vocab.Says["EFFECT"]])
                        ),
                        name="evidence_says",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                [
                                    "",
                                    decisions.vocab.Outcome["SUCCEEDED"],
                                    decisions.vocab.Outcome["NO_CHANGE"],
                                    decisions.vocab.Outcome["PARTIAL"],
                                    decisions.vocab.Outcome["FAILED"],
                                    decisions.vocab.Outcome["NOT_EXECUTED"],
                                    decisions.vocab.Outcome["UNKNOWN"],
                                ],
                            )
                        ),
                        name="evidence_outcome",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EvidenceKey",
            fields=[
                ("id", models.CharField(max_length=56, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=32)),
                ("evidence_seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "evidence_key",
                "indexes": [models.Index(fields=["key", "evidence_seq"], name="evidence_key_found")],
            },
        ),
        migrations.CreateModel(
            name="SourceMinute",
            fields=[
                ("id", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=80)),
                ("minute", models.DateTimeField()),
                ("records", models.BigIntegerField(default=0)),
                ("duplicates", models.BigIntegerField(default=0)),
                ("ignored", models.BigIntegerField(default=0)),
                ("looks", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                ("lag_ms", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "source_minute",
                "indexes": [models.Index(fields=["source", "minute"], name="source_minute_of")],
            },
        ),
    ]
