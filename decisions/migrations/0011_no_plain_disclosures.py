"""Drops the plain column of `disclosure`. On PostgreSQL it reads the table once, to see that no text was left behind."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0010_seal_disclosures")]

    operations = [
        migrations.AlterField("disclosure", "key", models.BinaryField(max_length=64)),
        migrations.AlterField("disclosure", "sealed", models.BinaryField()),
        migrations.RemoveField("disclosure", "text"),
    ]
