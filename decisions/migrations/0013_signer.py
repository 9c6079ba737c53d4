"""The head knows under which name the ledger goes on, and whether it is halted.

In SQL of its own: on SQLite Django would make the table anew, without its guards. Takes no lock worth the name: one row.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0012_nothing_left_in_free_pages")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE head ADD COLUMN origin varchar(255) DEFAULT '' NOT NULL",
                    "ALTER TABLE head DROP COLUMN origin",
                ),
                migrations.RunSQL(
                    "ALTER TABLE head ADD COLUMN halted boolean DEFAULT false NOT NULL",
                    "ALTER TABLE head DROP COLUMN halted",
                ),
            ],
            state_operations=[
                migrations.AddField("head", "origin", models.CharField(max_length=255, default="")),
                migrations.AddField("head", "halted", models.BooleanField(default=False)),
            ],
        )
    ]
