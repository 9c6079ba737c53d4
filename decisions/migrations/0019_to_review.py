"""An index of the outcomes that only a person can find out: every page counts them, among many that nobody has to.

Writers wait while it is made: a second for each million decisions.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0018_decision_counts")]
    operations = [
        migrations.AddIndex(
            "decision",
            models.Index(
                fields=["seq"],
                name="decision_left_unknown",
                condition=models.Q(lease_seq__isnull=False, state="unknown"),
            ),
        )
    ]
