"""When an act was done by the first of its reports, and when the holder of a lease told its outcome.

New columns are empty, so nothing is rewritten and no lock is held for long; `rebuild_read_models` fills them for what is
there. Until then a decision without them counts as one whose times were told once.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0015_board_items")]

    operations = [
        migrations.AddField("decision", "acted_at", models.DateTimeField(null=True)),
        migrations.AddField("decision", "released_at", models.DateTimeField(null=True)),
    ]
