"""Items of the registers that a board's report rests on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0014_intake"),
    ]

    operations = [
        migrations.CreateModel(
            name="BoardItem",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("register", models.CharField(max_length=16)),
                ("seq", models.BigIntegerField(unique=True)),
                ("last_seq", models.BigIntegerField(unique=True)),
                ("version", models.IntegerField()),
                ("values", models.JSONField(default=dict)),
                ("words", models.JSONField(default=dict)),
                ("made_by", models.UUIDField()),
                ("made_at", models.DateTimeField()),
                ("changed_by", models.UUIDField()),
                ("changed_at", models.DateTimeField()),
                ("withdrawn", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "board_item",
                "indexes": [models.Index(fields=["register", "seq"], name="board_item_of")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "register__in",
                                [
                                    "limits",
                                    "mandates",
                                    "people-changes",
                                    "incidents",
                                    "drills",
                                    "restore-tests",
                                    "losses",
                                    "duties",
                                ],
                            )
                        ),
                        name="board_item_register",
                    ),
                    models.CheckConstraint(condition=models.Q(("version__gte", 1)), name="board_item_version"),
                ],
            },
        ),
    ]
