"""Tables of legal holds and of what sources count, and columns for encrypted disclosures beside the plain ones.

New columns are empty, so nothing is rewritten and no lock is held for long. `0010` fills them, `0011` drops the plain one.
"""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("decisions", "0008_tiles")]

    operations = [
        migrations.AddField("disclosure", "key", models.BinaryField(max_length=64, null=True)),
        migrations.AddField("disclosure", "sealed", models.BinaryField(null=True)),
        migrations.AlterField("disclosure", "text", models.TextField(null=True)),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(unique=True)),
                ("scope", models.CharField(max_length=10)),
                ("value", models.CharField(blank=True, max_length=64)),
                ("reason", models.TextField(blank=True)),
                ("set_by", models.UUIDField()),
                ("set_at", models.DateTimeField()),
                ("lifted_seq", models.BigIntegerField(null=True)),
                ("lifted_by", models.UUIDField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_because", models.TextField(blank=True)),
            ],
            options={
                "db_table": "legal_hold",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(scope__in=["everything", "service", "agent", "person"]), name="legal_hold_scope"
                    ),
                    models.CheckConstraint(
                        condition=Q(scope="everything", value="") | (~Q(scope="everything") & ~Q(value="")),
                        name="legal_hold_names_its_scope",
                    ),
                    models.UniqueConstraint(
                        condition=Q(lifted_at__isnull=True), fields=("scope", "value"), name="legal_hold_one_in_force"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SourceRun",
            fields=[
                ("id", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("src", models.CharField(max_length=80)),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "source_run",
                "constraints": [models.UniqueConstraint(fields=("src", "first"), name="source_run_once")],
                "indexes": [models.Index(fields=["src", "last"], name="source_run_end")],
            },
        ),
    ]
