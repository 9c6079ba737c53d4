"""What people said of a report, and parts of the company. All of it is new; `rebuild_read_models` fills `as_of` where known."""

from django.db import migrations, models
from django.db.models import Q

ISSUED = Q(state="issued", number__isnull=False, issued_by__isnull=False)
OPEN = ~Q(state="issued") & Q(number__isnull=True, issued_by__isnull=True)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0006_ledger_check")]

    operations = [
        migrations.AlterField("report", "period", models.CharField(max_length=22)),
        migrations.AlterField("report", "edition", models.CharField(max_length=40)),
        migrations.AddField("report", "last_seq", models.BigIntegerField(default=0), preserve_default=False),
        migrations.RunSQL("UPDATE report SET last_seq = seq", migrations.RunSQL.noop),
        migrations.AddField("report", "version", models.IntegerField(default=1)),
        migrations.AddField("report", "scope", models.CharField(blank=True, default="", max_length=130), False),
        migrations.AddField("report", "as_of", models.DateTimeField(null=True)),
        migrations.AddField("report", "figures", models.JSONField(default=dict)),
        migrations.AddField("report", "number", models.IntegerField(null=True, unique=True)),
        migrations.AddField("report", "supersedes", models.UUIDField(null=True)),
        migrations.AddField("report", "superseded_by", models.UUIDField(null=True)),
        migrations.AddField("report", "issued_seq", models.BigIntegerField(null=True)),
        migrations.AddField("report", "issued_by", models.UUIDField(null=True)),
        migrations.AddField("report", "issued_at", models.DateTimeField(null=True)),
        migrations.AddField("report", "reason", models.TextField(blank=True, default=""), False),
        migrations.AddConstraint(
            "report",
            models.CheckConstraint(condition=ISSUED | OPEN, name="report_numbered_when_issued"),
        ),
        migrations.AddIndex("report", models.Index(fields=["period", "scope", "seq"], name="report_of_period")),
        migrations.CreateModel(
            name="Attestation",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("report_id", models.UUIDField(db_index=True)),
                ("page", models.SmallIntegerField()),
                ("person_id", models.UUIDField()),
                ("attests", models.BooleanField()),
                ("comment", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "attestation",
                "constraints": [
                    models.CheckConstraint(condition=Q(page__gte=1, page__lte=6), name="attestation_page"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportDownload",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("report_id", models.UUIDField(db_index=True)),
                ("format", models.CharField(max_length=8)),
                ("person_id", models.UUIDField()),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "report_download"},
        ),
        migrations.RemoveConstraint("reportbuild", "report_build_one_running"),
        migrations.AlterField("reportbuild", "period", models.CharField(max_length=22)),
        migrations.AddField("reportbuild", "scope", models.CharField(blank=True, default="", max_length=130), False),
        migrations.AddConstraint(
            "reportbuild",
            models.UniqueConstraint(
                condition=Q(state__in=["queued", "building"]),
                fields=("period", "scope"),
                name="report_build_one_running",
            ),
        ),
    ]
