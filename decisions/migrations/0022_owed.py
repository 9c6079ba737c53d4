"""What owes a sign-off, with all that its queue counts and groups by, so that it is read off the index alone.

Writers wait while it is made: a second for each million decisions.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0021_told_aside")]
    operations = [
        migrations.RemoveIndex("decision", "decision_owed"),
        migrations.AddIndex(
            "decision",
            models.Index(
                fields=["sign_off_due", "seq", "agent_id", "episode", "kind", "service", "tier", "owner_id"],
                name="decision_owed",
                condition=models.Q(sign_off="required"),
            ),
        ),
    ]
