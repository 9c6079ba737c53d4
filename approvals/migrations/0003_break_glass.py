"""A third verdict: one person's approval in an emergency.

Widens a column and replaces a check: a short exclusive lock on `verdict`, and one scan of it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0002_gate"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="verdict", name="verdict_word"),
        migrations.AlterField(model_name="verdict", name="verdict", field=models.CharField(max_length=11)),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict__in", ["approve", "veto", "break_glass"])), name="verdict_word"
            ),
        ),
    ]
