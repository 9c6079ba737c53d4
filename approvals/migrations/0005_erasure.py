"""The table of what was erased, by whom and why."""

from django.db import migrations, models

BASES = ["subject_request", "secret_by_mistake", "recorded_by_mistake", "retention_over", "legal_order"]


class Migration(migrations.Migration):
    dependencies = [("approvals", "0004_policy_drafts")]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry_seq", models.BigIntegerField(db_index=True)),
                ("names", models.JSONField(default=list)),
                ("basis", models.CharField(max_length=20)),
                ("decision_seq", models.BigIntegerField(db_index=True, null=True)),
                ("erased_by", models.UUIDField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("authority", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "erasure",
                "constraints": [models.CheckConstraint(condition=models.Q(basis__in=BASES), name="erasure_basis")],
            },
        ),
    ]
