"""What is in flight by when it occurred, and what owes a sign-off with its state: so that neither is looked for among all.

A window of the timeline finds what time has moved in it; each page counts what can be judged. Writers wait while the indexes
are made: a second for each million decisions.
"""

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
        migrations.RemoveIndex("decision", "decision_owed"),
        migrations.AddIndex(
            "decision",
            models.Index(
                fields=["sign_off_due", "seq", "agent_id", "episode", "kind", "service", "tier", "owner_id", "state"],
                name="decision_owed",
                condition=models.Q(sign_off="required"),
            ),
        ),
    ]
