"""Encrypts the disclosures that are stored in plain text, a thousand at a time, each thousand a transaction.

Stopped anywhere, it goes on where it was when it is run again; memory is that of a thousand texts. It needs the key that
the processes will use, so it is run with their settings.
"""

from typing import Any

from django.conf import settings
from django.db import migrations, transaction

from decisions.keyring import Keyring, read_keys

BATCH = 1000


def seal(apps: Any, editor: Any) -> None:
    disclosures = apps.get_model("decisions", "Disclosure").objects
    keys = Keyring(read_keys(settings.DISCLOSURE_KEY))
    last = 0
    while rows := list(disclosures.filter(id__gt=last, text__isnull=False).order_by("id")[:BATCH]):
        for row in rows:
            row.key, row.sealed = keys.seal(f"{row.seq}:{row.name}", row.text.encode())
            row.text = None
        with transaction.atomic():
            disclosures.bulk_update(rows, ["key", "sealed", "text"], batch_size=200)
        last = rows[-1].id


def unseal(apps: Any, editor: Any) -> None:
    disclosures = apps.get_model("decisions", "Disclosure").objects
    keys = Keyring(read_keys(settings.DISCLOSURE_KEY))
    last = 0
    while rows := list(disclosures.filter(id__gt=last, text__isnull=True).order_by("id")[:BATCH]):
        for row in rows:
            place = f"{row.seq}:{row.name}"
            row.text = keys.open(place, bytes(row.key), bytes(row.sealed)).decode()
            row.key = row.sealed = None
        with transaction.atomic():
            disclosures.bulk_update(rows, ["key", "sealed", "text"], batch_size=200)
        last = rows[-1].id


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("decisions", "0009_legal_hold_source_run")]
    operations = [migrations.RunPython(seal, unseal)]
