"""Writes the whole SQLite file anew: free pages may hold what was stored in plain text before. Needs as much room again.

PostgreSQL does so when the operator runs VACUUM FULL on the table `disclosure`: see docs/operations.md.
"""

from typing import Any

from django.db import migrations


def vacuum(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "sqlite":
        editor.execute("VACUUM")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("decisions", "0011_no_plain_disclosures")]
    operations = [migrations.RunPython(vacuum, migrations.RunPython.noop)]
