"""Replays the ledger into empty read models. It must not keep what it did where it was only asked to check."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model

from decisions import ledger, projections
from decisions.envelope import Entry
from decisions.vocab import Kind

BATCH = 1000
DIFFERENCES_SHOWN = 100
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many entries were replayed, how many rows they make, and which rows differ from what was there before."""

    entries: int
    rows: int
    differences: tuple[str, ...]


def read_models() -> list[type[Model]]:
    """Every table that is a pure function of the entries: its class says READ_MODEL."""
    return sorted(
        (model for model in apps.get_models() if getattr(model, "READ_MODEL", False)),
        key=lambda model: model._meta.db_table,  # noqa: SLF001 - the documented home of a model's table name
    )


def rebuild(*, check: bool, progress: Progress | None = None) -> Rebuilt:
    """Empty the read models and replay every entry into them, in one transaction under the head lock.

    With `check` everything is rolled back: only the differences stay.
    """
    with transaction.atomic(), closing(sqlite3.connect("")) as scratch:
        size = ledger.open_head().size
        scratch.execute("CREATE TABLE row (side, name, key, digest, PRIMARY KEY (name, key, side)) WITHOUT ROWID")
        for model in read_models():
            _note(scratch, "before", model)
            model._default_manager.all().delete()  # noqa: SLF001
        done = 0
        for batch in batches(ledger.entries(0, size - 1)):
            projections.apply(batch)
            done += len(batch)
            if progress is not None:
                progress(done, size)
        rows = sum(_note(scratch, "after", model) for model in read_models())
        rebuilt = Rebuilt(done, rows, tuple(_differences(scratch)))
        if check:
            transaction.set_rollback(True)
    return rebuilt


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """`entries` in batches; a hold stays with its proposal, as they were recorded: a row between the two is no valid row."""
    batch: list[Entry] = []
    for entry in entries:
        if len(batch) >= BATCH and entry.kind is not Kind.DECISION_HELD:
            yield batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch


def _note(scratch: sqlite3.Connection, side: str, model: type[Model]) -> int:
    """Note the digest of each row of `model`; how many there are."""
    rows = ((side, model._meta.db_table, key, digest) for key, digest in digests(model))  # noqa: SLF001
    return scratch.executemany("INSERT INTO row VALUES (?, ?, ?, ?)", rows).rowcount


def digests(model: type[Model]) -> Iterator[tuple[str, str]]:
    """(key, digest over every column) of each row."""
    names = [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001
    rows: Any = model._default_manager.order_by("pk").values_list("pk", *names)  # noqa: SLF001
    for key, *values in rows.iterator(chunk_size=2000):
        text = json.dumps(values, default=str, sort_keys=True)
        yield str(key), hashlib.sha256(text.encode()).hexdigest()


def _differences(scratch: sqlite3.Connection) -> Iterator[str]:
    found = scratch.execute(
        "SELECT name, key, count(*), min(side) FROM row GROUP BY name, key"
        " HAVING count(*) = 1 OR min(digest) <> max(digest) ORDER BY name, key LIMIT ?",
        (DIFFERENCES_SHOWN,),
    )
    for name, key, sides, side in found:
        if sides == 2:
            yield f"{name} {key}: the entries make another row of it"
        elif side == "before":
            yield f"{name} {key}: no entry makes this row"
        else:
            yield f"{name} {key}: the entries make this row and it was not there"
