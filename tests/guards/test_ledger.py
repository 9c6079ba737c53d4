"""Every way to change the ledger past the spine, by raw SQL: each is refused, and nothing has changed."""

import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from decisions import cosigned, ledger
from decisions.merkle import leaf_hash
from decisions.models import Agent
from decisions.models.ledger import Cosignature, EntryRow, Head, StoredCheckpoint, TileRow
from decisions.tiles import subtree
from tests.database import guards_off
from tests.factories import append, event, send

pytestmark = pytest.mark.django_db
POSTGRESQL = "postgresql"
SQLITE = "sqlite"
BODY = b'{"v":1}'

ROW = "INSERT INTO entry (seq, id, kind, at, body, leaf) VALUES (%(next)s, %(id)s, 'signal.received', %(at)s, %(body)s, %(leaf)s)"
TILE = "INSERT INTO tile (level, n, hashes, root) VALUES (%(level)s, %(place)s, %(hashes)s, %(leaf)s)"
COPY_OF_7 = "SELECT 7, id, kind, at, body, leaf FROM entry WHERE seq = 8"
ATTEMPTS = {
    # entries
    "an entry's bytes": "UPDATE entry SET body = %(body)s, leaf = %(leaf)s WHERE seq = 7",
    "an entry's hash": "UPDATE entry SET leaf = %(leaf)s WHERE seq = 7",
    "an entry's kind": "UPDATE entry SET kind = 'verdict.given' WHERE seq = 7",
    "an entry's place": "UPDATE entry SET seq = 1000 WHERE seq = 16",
    "every entry": "UPDATE entry SET kind = kind",
    "delete the last entry": "DELETE FROM entry WHERE seq = 16",
    "delete all entries": "DELETE FROM entry",
    "insert over an entry": "INSERT INTO entry (seq, id, kind, at, body, leaf) " + COPY_OF_7,
    "insert over an entry, updating": "INSERT INTO entry (seq, id, kind, at, body, leaf) SELECT seq, id, kind, at, body, leaf"
    " FROM entry WHERE seq = 7 ON CONFLICT (seq) DO UPDATE SET kind = 'x'",
    "an entry beyond the next": ROW.replace("%(next)s", "%(next)s + 1"),
    "an entry before the first": ROW.replace("%(next)s", "-1"),
    "an entry with a known id": ROW.replace("%(id)s", "(SELECT id FROM entry WHERE seq = 7)"),
    # head
    "a smaller head": "UPDATE head SET size = size - 1",
    "an empty head": "UPDATE head SET size = 0, frontier = %(none)s",
    "a larger head": "UPDATE head SET size = size + 1",
    "another root": "UPDATE head SET root = %(leaf)s",
    "an earlier head": "UPDATE head SET at = %(past)s",
    "no head": "DELETE FROM head",
    "a second head": "INSERT INTO head (id, size, root, frontier, at, identity) SELECT 2, size, root, frontier, at, identity FROM head",
    "a head of another number": "UPDATE head SET id = 2",
    # checkpoints
    "a checkpoint's note": "UPDATE checkpoint SET note = 'x'",
    "a checkpoint's size": "UPDATE checkpoint SET size = 3",
    "delete a checkpoint": "DELETE FROM checkpoint",
    "insert over a checkpoint": "INSERT INTO checkpoint (size, note, at) SELECT size, 'x', at FROM checkpoint",
    "insert over a checkpoint, updating": "INSERT INTO checkpoint (size, note, at) SELECT size, 'x', at FROM checkpoint WHERE true"
    " ON CONFLICT (size) DO UPDATE SET note = 'x'",
    # cosignatures
    "a cosignature's line": "UPDATE cosignature SET line = 'x'",
    "delete a cosignature": "DELETE FROM cosignature",
    "insert over a cosignature": "INSERT INTO cosignature (id, size, witness, line, at) SELECT id, size, witness, 'x', at FROM cosignature",
    # tiles
    "a tile's hashes": "UPDATE tile SET hashes = %(hashes)s",
    "a tile's root": "UPDATE tile SET root = %(leaf)s",
    "a tile's place": "UPDATE tile SET n = 1",
    "a tile's level": "UPDATE tile SET level = 1",
    "delete a tile": "DELETE FROM tile",
    "insert over a tile": "INSERT INTO tile (level, n, hashes, root) SELECT level, n, hashes, %(leaf)s FROM tile",
    "insert over a tile, updating": "INSERT INTO tile (level, n, hashes, root) SELECT level, n, hashes, root FROM tile WHERE true"
    " ON CONFLICT (level, n) DO UPDATE SET root = %(leaf)s",
    "a tile of other hashes": TILE,
    "a tile of the right hashes in another place": TILE.replace("%(place)s", "%(place)s + 1"),
    "a tile before the first": TILE.replace("%(place)s", "-1"),
    "a tile of no level": TILE.replace("%(level)s", "-1").replace("%(place)s", "0"),
    "a tile above what is stored": TILE.replace("%(level)s", "1").replace("%(place)s", "0"),
    "a tile that is not full": "INSERT INTO tile (level, n, hashes, root) SELECT 1, 0, root, root FROM tile",
    "a tile whose root is no hash": "INSERT INTO tile (level, n, hashes, root) SELECT level, n + 1, %(right)s, %(none)s FROM tile",
}
ONLY = {
    POSTGRESQL: {
        "truncate entries": "TRUNCATE entry",
        "truncate entries and more": "TRUNCATE entry, decision CASCADE",
        "truncate the head": "TRUNCATE head",
        "truncate checkpoints": "TRUNCATE checkpoint",
        "truncate tiles": "TRUNCATE tile",
        "truncate cosignatures": "TRUNCATE cosignature",
        "a tile's root as a replica": "SET LOCAL session_replication_role = replica; UPDATE tile SET root = %(leaf)s",
        "a tile of other hashes as a replica": "SET LOCAL session_replication_role = replica; " + TILE,
        "an entry whose hash is not its own": ROW.replace("%(leaf)s", "sha256('another'::bytea)"),
        "two entries with a gap between them": "INSERT INTO entry (seq, id, kind, at, body, leaf)"
        " SELECT place, gen_random_uuid(), kind, at, body, leaf FROM entry, generate_series(17, 19, 2) AS place WHERE seq = 7",
        "an update as a replica": "SET LOCAL session_replication_role = replica; UPDATE entry SET kind = 'x' WHERE seq = 7",
        "a delete as a replica": "SET LOCAL session_replication_role = replica; DELETE FROM entry WHERE seq = 16",
        "a truncation as a replica": "SET LOCAL session_replication_role = replica; TRUNCATE entry",
        "a gap as a replica": "SET LOCAL session_replication_role = replica; "
        + ROW.replace("%(next)s", "%(next)s + 1"),
        "a smaller head as a replica": "SET LOCAL session_replication_role = replica; UPDATE head SET size = 0",
    },
    SQLITE: {
        "replace an entry": "REPLACE INTO entry (seq, id, kind, at, body, leaf) " + COPY_OF_7,
        "replace an entry by its id": ROW.replace("INSERT", "INSERT OR REPLACE").replace(
            "%(id)s", "(SELECT id FROM entry WHERE seq = 7)"
        ),
        "ignore the conflict": "INSERT OR IGNORE INTO entry (seq, id, kind, at, body, leaf) " + COPY_OF_7,
        "update and replace": "UPDATE OR REPLACE entry SET seq = 7 WHERE seq = 8",
        "replace the head": "REPLACE INTO head (id, size, root, frontier, at, identity)"
        " SELECT 1, 0, root, frontier, at, identity FROM head",
        "replace a checkpoint": "REPLACE INTO checkpoint (size, note, at) SELECT size, 'x', at FROM checkpoint",
        "replace a cosignature": "REPLACE INTO cosignature (size, witness, line, at) SELECT size, witness, 'x', at FROM cosignature",
        "replace a tile": "REPLACE INTO tile (level, n, hashes, root) SELECT level, n, hashes, %(leaf)s FROM tile",
        "update a tile and replace": "UPDATE OR REPLACE tile SET root = %(leaf)s",
        "update a checkpoint and replace": "UPDATE OR REPLACE checkpoint SET note = 'x'",
    },
}


@pytest.fixture
def stored(agent: Agent) -> list[Any]:
    """A ledger of 17 entries with a checkpoint that is cosigned."""
    cosigned.keep_checkpoint(ledger.size(), "a note", ledger.current().at)
    cosigned.keep_cosignature(ledger.size(), "witness", "a line", ledger.current().at)
    return everything()


@pytest.fixture
def tiled(agent: Agent) -> list[Any]:
    """A ledger of 600 entries, of which a second tile is full and not stored."""
    append(600 - ledger.size())
    cosigned.keep_checkpoint(ledger.size(), "a note", ledger.current().at)
    with guards_off("tile"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM tile WHERE n = 1")
    return everything()


def everything() -> list[Any]:
    models = (EntryRow, Head, StoredCheckpoint, TileRow, Cosignature)
    return [[tuple(map(str, row)) for row in model._default_manager.order_by("pk").values_list()] for model in models]


def values() -> dict[str, Any]:
    at = ledger.current().at
    on_sqlite = connection.vendor == SQLITE
    made = uuid.uuid4()
    return {
        "next": ledger.size(),
        "id": made.hex if on_sqlite else made,
        "at": str(at.replace(tzinfo=None)) if on_sqlite else at,
        "past": "2020-01-01 00:00:00" if on_sqlite else "2020-01-01 00:00:00+00:00",
        "body": BODY,
        "leaf": leaf_hash(BODY),
        "none": b"",
        "level": 0,
        "place": 1,
        "hashes": b"".join(ledger.leaves(0, 255)) + leaf_hash(BODY),
        "right": b"".join(ledger.leaves(256, 512)),
    }


def attempt(statement: str) -> None:
    given = values()
    with connection.cursor() as cursor:
        for part in statement.split("; "):
            cursor.execute(part, {name: value for name, value in given.items() if f"%({name})s" in part} or None)


@pytest.mark.parametrize("what", [*ATTEMPTS, *ONLY[connection.vendor]])
def test_it_is_refused(what: str, request: pytest.FixtureRequest) -> None:
    stored = request.getfixturevalue("tiled" if "tile" in what else "stored")
    statement = ATTEMPTS.get(what) or ONLY[connection.vendor][what]
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        attempt(statement)
    # A mistake in the statement would be refused too: it must be the guard or a constraint that speaks.
    assert not any(
        word in str(caught.value) for word in ("syntax", "no such", "does not exist", "binding", "ambiguous")
    )
    assert everything() == stored


def test_the_next_entry_is_taken(stored: list[Any]) -> None:
    """What is refused above is refused for its fault alone: the same statement without one is taken."""
    attempt(ROW)
    assert EntryRow.objects.count() == len(stored[0]) + 1


def test_the_next_tile_is_taken(tiled: list[Any]) -> None:
    right = b"".join(ledger.leaves(256, 512))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tile (level, n, hashes, root) VALUES (0, 1, %s, %s)", [right, subtree(right)])
    assert TileRow.objects.count() == len(tiled[3]) + 1 == 2


def test_an_entry_that_nobody_counted_stops_the_ledger(agent: Agent, stored: list[Any]) -> None:
    attempt(ROW)
    with pytest.raises(DatabaseError), transaction.atomic():
        send(agent, event())
    assert ledger.size() == len(stored[0])


TRIGGERS = {
    POSTGRESQL: {
        "checkpoint_insert_only",
        "checkpoint_no_truncate",
        "cosignature_insert_only",
        "cosignature_no_truncate",
        "decision_edges",
        "entry_dense",
        "entry_insert_only",
        "entry_no_truncate",
        "head_grows",
        "head_stays",
        "tile_fits",
        "tile_insert_only",
        "tile_no_truncate",
    },
    SQLITE: {
        "checkpoint_no_delete",
        "checkpoint_no_replace",
        "checkpoint_no_update",
        "cosignature_no_delete",
        "cosignature_no_replace",
        "cosignature_no_update",
        "decision_edges",
        "entry_dense",
        "entry_no_delete",
        "entry_no_replace",
        "entry_no_update",
        "entry_same_id",
        "head_grows",
        "head_one",
        "head_stays",
        "tile_fits",
        "tile_no_delete",
        "tile_no_replace",
        "tile_no_update",
    },
}


def triggers() -> dict[str, str]:
    """name → how it is enabled."""
    with connection.cursor() as cursor:
        if connection.vendor == POSTGRESQL:
            cursor.execute("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal")
        else:
            cursor.execute("SELECT name, 'A' FROM sqlite_master WHERE type = 'trigger'")
        return {name: enabled if isinstance(enabled, str) else enabled.decode() for name, enabled in cursor.fetchall()}


def test_every_guard_is_there_and_always_on() -> None:
    assert triggers() == dict.fromkeys(TRIGGERS[connection.vendor], "A")


def test_the_tests_put_the_guards_back(agent: Agent) -> None:
    with guards_off(), connection.cursor() as cursor:
        cursor.execute("UPDATE entry SET kind = kind")
    assert triggers() == dict.fromkeys(TRIGGERS[connection.vendor], "A")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_the_tests_begin_with_an_empty_ledger(agent: Agent, turn: int) -> None:
    send(agent, event())
    assert ledger.size() == 18
    assert triggers() == dict.fromkeys(TRIGGERS[connection.vendor], "A")
