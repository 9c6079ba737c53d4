"""The head of an empty ledger: there is one from the start, so that it can be locked. Takes no lock worth naming."""

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any

from django.db import migrations


def make(apps: Any, editor: Any) -> None:
    head = apps.get_model("decisions", "Head")
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    head.objects.create(id=1, size=0, root=hashlib.sha256(b"").digest(), frontier=b"", at=epoch, identity=uuid.uuid4())


def drop(apps: Any, editor: Any) -> None:
    apps.get_model("decisions", "Head").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("decisions", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
