"""Ledgers as files: one line says what their read models are, the others are entries. It must not change an entry."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from decisions import ledger, marks
from decisions.envelope import Sealed, open_entry, open_leaf
from decisions.rebuild import read_models
from decisions.vocab import Kind

FOLDER = Path(__file__).parent


def write(path: Path) -> None:
    """Write the ledger as it is, with the columns and digests of its read models."""
    size = ledger.size()
    erased = sum(
        len(entry.facts["erased"]) for entry in ledger.entries(0, size - 1) if entry.kind is Kind.DISCLOSURE_ERASED
    )
    about = {"size": size, "root": bytes(ledger.current().root).hex(), "erased": erased, "tables": tables()}
    entries = ({"body": row.body.decode(), "disclosures": row.disclosures} for row in ledger.stored(0, size))
    lines = (json.dumps(line, ensure_ascii=False) for line in (about, *entries))
    path.write_text("\n".join(lines) + "\n")


def read(path: Path) -> tuple[dict[str, Any], list[Sealed]]:
    """(what was written about it, its entries)."""
    first, *rest = path.read_text().splitlines()
    return json.loads(first), [_sealed(json.loads(line)) for line in rest]


def _sealed(line: dict[str, Any]) -> Sealed:
    body = line["body"].encode()
    entry = open_entry(0, body, ())
    return Sealed(entry.id, entry.kind, entry.at, body, tuple((name, text) for name, text in line["disclosures"]))


def put(entries: Sequence[Sealed]) -> None:
    """Make `entries` the ledger, which must be empty; no read model knows of them yet."""
    head = ledger.open_head()
    ledger.append(head, entries)
    head.at = max((entry.at for entry in entries), default=datetime(1970, 1, 1, tzinfo=UTC))
    for entry in entries:
        marks.leave(head, entry.kind, entry.id, open_leaf(entry.body)["facts"])
    ledger.store_head(head, before=0)


def tables(columns: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """table → its columns, how many rows it has, and a digest over them; over the `columns` of an older time where given."""
    found: dict[str, Any] = {}
    for model in read_models():
        name = model._meta.db_table
        names = [field.attname for field in model._meta.concrete_fields]
        if columns is not None:
            names = columns[name]["columns"] if name in columns else []
        if names:
            lines = sorted(_lines(model, names))
            digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
            found[name] = {"columns": names, "rows": len(lines), "sha256": digest}
    return found


def _lines(model: Any, names: list[str]) -> Iterator[str]:
    for values in model._default_manager.values_list(*names):
        yield json.dumps(values, default=str, sort_keys=True)


def kinds(entries: Sequence[Sealed]) -> set[str]:
    return {open_leaf(entry.body)["kind"] for entry in entries}
