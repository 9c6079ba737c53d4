"""Sessions that name their person, counters of attempts, and links for people.

Adds empty tables and nullable columns: a short exclusive lock on `agent_key` and `invitation_link`, no rewrite. Sessions
that were open before are in a table that is no longer read: people sign in once more.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0005_edges"),
    ]

    operations = [
        migrations.CreateModel(
            name="Counter",
            fields=[
                ("key", models.CharField(max_length=250, primary_key=True, serialize=False)),
                ("value", models.JSONField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "counter",
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("handle", models.CharField(blank=True, db_index=True, max_length=22)),
                ("person_id", models.UUIDField(db_index=True, null=True)),
                ("began_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("browser", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "db_table": "browser_session",
            },
        ),
        migrations.AddField(
            model_name="agentkey",
            name="made_by",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="invitationlink",
            name="person_id",
            field=models.UUIDField(db_index=True, null=True),
        ),
    ]
