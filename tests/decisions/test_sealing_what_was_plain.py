"""An installation from before disclosures were encrypted: its texts are sealed by the migration, wherever that is stopped."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from decisions import ledger, migrations, recording
from decisions.models import Agent
from decisions.verify import verify_ledger
from tests.factories import event, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
PLAIN = "0009_legal_hold_source_run"
PLAIN = "0009_legal_hold_source_run"
NEWEST = max(path.stem for path in Path(migrations.__file__).parent.glob("0*.py"))
"""Whatever is newest, or every test after these has tables of an older time."""
sealing: Any = importlib.import_module("decisions.migrations.0010_seal_disclosures")


def migrate(name: str) -> None:
    # The writer has a connection of its own, which holds what a change of tables needs.
    recording.stop()
    executor = MigrationExecutor(connection)
    executor.migrate([("decisions", name)])


@pytest.fixture
def texts(agent: Agent) -> Iterator[list[tuple[Any, ...]]]:
    """What entries disclose, as it lay in the table before."""
    send(agent, *[event(rationale=f"Xanthippe – {number}") for number in range(9)])
    found = [(row.seq, name, text) for row in ledger.stored(0, ledger.size()) for name, text in row.disclosures]
    migrate(PLAIN)
    yield found
    migrate(NEWEST)


def rows(columns: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM disclosure ORDER BY seq, name")
        return list(cursor.fetchall())


def test_what_was_plain_is_sealed_and_says_the_same(texts: list[tuple[Any, ...]]) -> None:
    assert rows("seq, name, text") == texts
    migrate(NEWEST)
    assert rows("seq, name") == [row[:2] for row in texts]
    assert verify_ledger().faults == []
    found = [(row.seq, name, text) for row in ledger.stored(0, ledger.size()) for name, text in row.disclosures]
    assert found == texts


def test_stopped_anywhere_it_goes_on_where_it_was(
    texts: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BATCH", 5)
    real, left = sealing.Keyring.seal, [12]

    def interrupted(*args: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(sealing.Keyring, "seal", interrupted)
    with pytest.raises(KeyboardInterrupt):
        migrate(NEWEST)
    monkeypatch.setattr(sealing.Keyring, "seal", real)
    half = rows("text IS NULL, sealed IS NULL")
    assert half.count((True, False)) == 10
    assert half.count((False, True)) == len(texts) - 10
    migrate(NEWEST)
    assert verify_ledger().faults == []
