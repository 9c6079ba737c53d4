"""What is in flight, by when it occurred: a window of the timeline finds its own without reading all that occurred in it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0022_owed")]
    operations = [
        migrations.RemoveIndex("decision", "decision_in_flight"),
        migrations.AddIndex(
            "decision",
            models.Index(
                fields=["state", "occurred_at"],
                name="decision_in_flight",
                condition=models.Q(
                    state__in=["authorized", "executing", "revert_ordered", "reverting", "review"],
                ),
            ),
        ),
    ]
