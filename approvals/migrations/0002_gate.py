"""Comments of people.

Adds one empty table; takes no lock on another.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("decision_seq", models.BigIntegerField(db_index=True)),
                ("person_id", models.UUIDField()),
                ("text", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "comment",
            },
        ),
    ]
