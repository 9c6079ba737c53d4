"""Tiles as they are stored: by the transaction that fills them, once, whatever happened before."""

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from decisions import ledger, migrations, proofs
from decisions.merkle import leaf_hash
from decisions.models import Agent
from decisions.models.ledger import Head, TileRow
from decisions.tiles import full_tiles
from decisions.verify import verify_ledger
from tests.auditor import Definition
from tests.database import guards_off
from tests.factories import append, event, send
from tests.tampering import as_owner

pytestmark = pytest.mark.django_db


def right() -> None:
    """Every full tile is there, once, and is the definition's."""
    size = ledger.size()
    tree = Definition([leaf_hash(body) for body in ledger.bodies(0, size)])
    made = [(level, n, tree.tile(level, n, 256)) for level in range(3) for n in range(full_tiles(size, level))]
    stored = list(TileRow.objects.order_by("level", "n").values_list("level", "n", "hashes", "root"))
    assert [(level, n, bytes(hashes)) for level, n, hashes, _ in stored] == made
    for level, n, _, root in stored:
        step = 256 ** (level + 1)
        assert bytes(root) == tree.root(n * step, (n + 1) * step)
    assert proofs.tree(size).root() == bytes(Head.objects.get().root) == tree.root(0, size)


@pytest.mark.parametrize("batches", [[1] * 3, [255, 1, 1], [256], [257, 255], [100, 600, 50], [512, 256, 1], [1100]])
def test_they_are_stored_as_they_are_filled(batches: list[int]) -> None:
    for count in batches:
        append(count)
        right()


def test_one_transaction_may_append_more_than_once() -> None:
    append(200)
    append(600, times=4)
    right()


@pytest.mark.deep
def test_the_second_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "TILES_AT_ONCE", 100)
    append(65_530)
    append(10)
    right()
    assert TileRow.objects.filter(level=1).count() == 1
    assert verify_ledger().faults == []


def test_events_store_them_too(agent: Agent) -> None:
    send(agent, *[event() for _ in range(300)])
    right()


def test_most_transactions_do_not_touch_them() -> None:
    append(255)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        append(0)
    assert not any("tile" in query["sql"] for query in asked.captured_queries)
    append(1)
    with CaptureQueriesContext(connection) as asked:
        append(100)
    assert not any('"tile"' in query["sql"] for query in asked.captured_queries)


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_tiles_that_an_older_version_left_out_are_stored_with_the_next(kept: int) -> None:
    append(1100)
    as_owner("DELETE FROM tile WHERE n >= %s", [kept])
    # Until then what is asked for is made of the leaves.
    assert proofs.tree(1100).root() == bytes(Head.objects.get().root)
    append(100)
    assert TileRow.objects.count() == kept
    append(100)
    right()


def test_a_transaction_that_fails_stores_none() -> None:
    append(255)

    @transaction.atomic
    def fail() -> None:
        append(300)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert TileRow.objects.count() == 0
    append(1)
    right()


@pytest.mark.parametrize("size", [0, 255, 256, 1100])
def test_the_migration_stores_those_of_an_older_installation(size: int) -> None:
    append(size)
    as_owner("DELETE FROM tile")
    [path] = Path(migrations.__file__).parent.glob("*_tiles.py")
    import_module(f"decisions.migrations.{path.stem}").fill(apps, SimpleNamespace(connection=connection))
    right()


def faults() -> list[tuple[str, Any, Any]]:
    return [(fault.what, fault.first, fault.last) for fault in verify_ledger().faults]


def test_the_check_counts_them() -> None:
    append(600)
    verdict = verify_ledger()
    assert (verdict.clean, verdict.tiles) == (True, 2)


CHANGED = "is not that of the entries: one of them, or the tile, was changed"


def test_the_check_finds_what_was_done_to_them() -> None:
    append(600)
    with transaction.atomic(), guards_off("tile"), connection.cursor() as cursor:
        cursor.execute("UPDATE tile SET root = %s WHERE n = 1", [bytes(32)])
    assert faults() == [(f"tile 0/001 {CHANGED}", 256, 511)]
    as_owner("DELETE FROM tile WHERE level = 0 AND n = 0")
    assert faults() == [("tile 0/000 is missing", 0, 255), (f"tile 0/001 {CHANGED}", 256, 511)]


def test_the_check_finds_tiles_of_no_tree() -> None:
    append(600)
    statement = (
        "INSERT INTO tile (level, n, hashes, root) SELECT %s, %s, hashes, root FROM tile WHERE level = 0 AND n = 0"
    )
    for place in ((0, 2), (1, 0), (0, -1), (-1, 0), (99, 5)):
        as_owner(statement, [*place])
    assert faults() == [("5 tiles are of no tree of 600 entries", 600, None)]
