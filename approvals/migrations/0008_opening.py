"""When somebody who can answer first opened a decision that waited."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0007_life_of_a_report")]

    operations = [
        migrations.CreateModel(
            name="Opening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("decision_seq", models.BigIntegerField()),
                ("person_id", models.UUIDField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "opening",
                "constraints": (models.UniqueConstraint(fields=["decision_seq", "person_id"], name="opening_once"),),
            },
        )
    ]
