"""What somebody can do who owns the database: change it past its guards. It must not leave a guard off."""

import json
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from decisions import ledger
from decisions.canonical import encode_restricted
from decisions.merkle import Frontier, leaf_hash
from decisions.models.ledger import EntryRow
from decisions.tiles import WIDTH, subtree
from tests.database import guards_off

LEAF_CHECK = "CONSTRAINT entry_leaf CHECK (leaf = sha256('\\x00'::bytea || body))"
"""As the migration of the guards makes it."""


def as_owner(statement: str, values: list[Any] | None = None) -> None:
    """Run SQL with every trigger off, and without the check of leaf hashes."""
    with guards_off(), transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute(statement, values)
            return
        cursor.execute("ALTER TABLE entry DROP CONSTRAINT entry_leaf")
        cursor.execute(statement, values)
        # What a test that commits left off would be off for every test after it. Rows that are there are not looked at.
        cursor.execute(f"ALTER TABLE entry ADD {LEAF_CHECK} NOT VALID")


def rewrite(seq: int, change: Callable[[dict[str, Any]], None], *, tree: bool) -> None:
    """Change the entry's bytes and its hash; with `tree` everything that is computed from it too, but for notes."""
    envelope = json.loads(bytes(EntryRow.objects.get(seq=seq).body))
    change(envelope)
    body = encode_restricted(envelope)
    as_owner("UPDATE entry SET body = %s, leaf = %s WHERE seq = %s", [body, leaf_hash(body), seq])
    if tree:
        set_head(ledger.size())
        set_tiles()


def set_head(size: int) -> None:
    """A head of `size` that is right for the entries as they are."""
    frontier = Frontier()
    for leaf in ledger.leaves(0, size):
        frontier.append(leaf)
    as_owner("UPDATE head SET size = %s, root = %s, frontier = %s", [size, frontier.root(), frontier.to_bytes()])


def set_tiles() -> None:
    """Tiles that are right for the entries as they are."""
    leaves = list(ledger.leaves(0, ledger.size()))
    rows: list[tuple[int, int, bytes, bytes]] = []
    level = 0
    while len(leaves) >= WIDTH:
        parts = [b"".join(leaves[at : at + WIDTH]) for at in range(0, len(leaves) - WIDTH + 1, WIDTH)]
        rows += [(level, n, part, subtree(part)) for n, part in enumerate(parts)]
        leaves, level = [subtree(part) for part in parts], level + 1
    as_owner("DELETE FROM tile")
    for row in rows:
        as_owner("INSERT INTO tile (level, n, hashes, root) VALUES (%s, %s, %s, %s)", list(row))
