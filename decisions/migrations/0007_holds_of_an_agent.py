"""An index of what waits for people, by agent: how many of one may is counted at each proposal.

Building it locks `decision` against writes for as long as the open holds take to be read: they are few.
"""

from django.db import migrations, models

HOLDING = ["suggested", "pending", "window"]


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0006_sign_in"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(
                fields=["agent_id"],
                name="decision_open_of_agent",
                condition=models.Q(state__in=HOLDING),
            ),
        ),
    ]
