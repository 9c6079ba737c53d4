"""Who is on call, and the alarm that calls somebody to a decision. Every alarm there was is Oversight's own."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("decisions", "0023_counted_by_index")]

    operations = [
        migrations.AddField("service", "on_call", models.SlugField(blank=True, max_length=64)),
        migrations.AddField("registergroup", "on_call", models.JSONField(default=list)),
        migrations.AddField("alarm", "person", models.UUIDField(null=True)),
        migrations.AddField("alarm", "decision", models.UUIDField(null=True)),
        migrations.AddField("alarm", "raised_by", models.CharField(default="system", max_length=60)),
        migrations.AddIndex(
            "alarm", models.Index(fields=["decision"], condition=Q(decision__isnull=False), name="alarm_of_decision")
        ),
        migrations.AddIndex("alarm", models.Index(fields=["state", "seq"], name="alarm_of_state")),
        migrations.AddConstraint(
            "alarm",
            models.CheckConstraint(
                condition=Q(person__isnull=True, decision__isnull=True)
                | Q(person__isnull=False, decision__isnull=False),
                name="alarm_calls_somebody_to_something",
            ),
        ),
    ]
