"""Multiplies a piece of a ledger and its read models by INSERT … SELECT, so that ten million decisions are there within minutes.

Each copy of the piece follows the last: seqs are dense, times are spread over a year, ids are new, the tree over the
leaves is real. Texts that entries disclose open at their own place only, so of copies they are stored and do not open,
until `open_again` has sealed them anew. The guards are off meanwhile: never for a database that is kept.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import groupby

from django.conf import settings
from django.db import connection, transaction

from approvals.models import SignOffRecord, Verdict
from benchmarks.unguarded import unguarded
from decisions import guard_file, ledger
from decisions.merkle import leaf_hash
from decisions.models import Decision, Timeline
from decisions.models.bulk import insert_rows, on_postgresql
from decisions.models.ledger import Disclosure, EntryRow, Head, TileRow
from decisions.tiles import HASH, WIDTH, Tree, subtree

TABLES = ("entry", "disclosure", "decision", "timeline", "verdict", "sign_off")
CHANGED = ("tile", "head", *TABLES)
AT_ONCE = 100_000
SHORT = 160
YEAR = timedelta(days=365)
OPEN = "('suggested', 'pending', 'window', 'authorized', 'executing')"


@dataclass(frozen=True, slots=True)
class Piece:
    """The entries from `first` up to but not including `end`, and how many decisions they made."""

    first: int
    end: int
    decisions: int

    @property
    def entries(self) -> int:
        return self.end - self.first


@dataclass(frozen=True, slots=True)
class Copies:
    """How the piece is copied: `count` times, over the year before `until`; only the last few copies have open ends."""

    piece: Piece
    count: int
    until: datetime
    open_last: int = 40
    """In how many of the last copies decisions still wait or run."""
    owed_last: int = 500
    """In how many of the last copies they still owe a sign-off."""
    over: timedelta = YEAR
    """How long before `until` they begin."""
    texts_last: int = 100
    """In how many of the last copies entries are whole, with their texts; on PostgreSQL older ones are cut short, to spare the disk."""

    @property
    def cut(self) -> int:
        """How many copies hold entries that are cut short."""
        return max(0, self.count - self.texts_last) if on_postgresql() else 0

    @property
    def step(self) -> float:
        """Seconds from one entry to the next."""
        return self.over.total_seconds() / (self.piece.entries * (self.count + 1))


def multiply(made: Copies) -> None:
    piece = made.piece
    began = time.monotonic()
    share = max(1, AT_ONCE // piece.decisions)
    with unguarded(*CHANGED), _without_indexes():
        for first in range(1, made.count + 1, share):
            last = min(first + share - 1, made.count)
            with transaction.atomic(), connection.cursor() as cursor:
                if on_postgresql():
                    cursor.execute("SET LOCAL synchronous_commit = off")
                for table in TABLES:
                    cursor.execute(_statement(table, made, first, last))
            if (first // share) % 10 == 0:
                print(f"  {last * piece.decisions:,} after {time.monotonic() - began:.0f} s", flush=True)
        _grow_tree(made)
    _count()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if on_postgresql() else "ANALYZE")
        if on_postgresql():
            cursor.execute("CHECKPOINT")
    print(f"  filled in {time.monotonic() - began:.0f} s", flush=True)


def cut_back(piece: Piece) -> None:
    """Take everything away that came after the piece."""
    with unguarded(*CHANGED), transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table} WHERE seq >= {piece.end}")
        cursor.execute(f"DELETE FROM tile WHERE level > 0 OR n >= {piece.end // WIDTH}")
        _set_head(piece.end)
    _count()


def open_again(seqs: Iterable[int], piece: Piece) -> None:
    """Make those entries whole, with their texts sealed for their own place, and the tree over them true."""
    changed: dict[int, bytes] = {}
    with unguarded("entry", "disclosure", "tile", "head"), transaction.atomic():
        for seq in seqs:
            original = piece.first + (seq - piece.first) % piece.entries
            texts = ledger.texts_of([original]).get(original, {})
            whole = EntryRow.objects.get(seq=original)
            EntryRow.objects.filter(seq=seq).update(body=whole.body, leaf=whole.leaf)
            changed[seq] = bytes(whole.leaf)
            Disclosure.objects.filter(seq=seq).delete()
            rows = [(seq, name, *ledger.keyring().seal(f"{seq}:{name}", text.encode())) for name, text in texts.items()]
            insert_rows(Disclosure, ("seq", "name", "key", "sealed"), rows)
        _mend(changed)
        _set_head(ledger.size())


def _mend(changed: dict[int, bytes]) -> None:
    """Put those hashes into the tiles of the lowest level, and what follows from them into those above."""
    level = 0
    while changed:
        above: dict[int, bytes] = {}
        for n, places in groupby(sorted(changed), key=lambda place: place // WIDTH):
            tile = TileRow.objects.filter(level=level, n=n).first()
            if tile is None:
                continue
            hashes = bytearray(tile.hashes)
            for place in places:
                at = place % WIDTH * HASH
                hashes[at : at + HASH] = changed[place]
            above[n] = subtree(bytes(hashes))
            TileRow.objects.filter(level=level, n=n).update(hashes=bytes(hashes), root=above[n])
        level, changed = level + 1, above


def _statement(table: str, made: Copies, first: int, last: int) -> str:
    """INSERT of the copies `first` … `last` of one table's rows of the piece."""
    model = {one._meta.db_table: one for one in (EntryRow, Disclosure, Decision, Timeline, Verdict, SignOffRecord)}
    columns = [str(field.column) for field in model[table]._meta.concrete_fields]
    if table == "disclosure":
        columns.remove("id")
    taken = _expressions(table, made)
    chosen = ", ".join(taken.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    piece = made.piece
    few = f" AND n.c > {made.cut}" if table == "disclosure" else ""
    # In order of seq, as the product's own writer leaves them on the disk.
    return (
        f"WITH RECURSIVE n(c) AS (SELECT {first} UNION ALL SELECT c + 1 FROM n WHERE c < {last}) "
        f"INSERT INTO {table} ({names}) SELECT {chosen} FROM n CROSS JOIN {table} t "
        f"WHERE t.seq >= {piece.first} AND t.seq < {piece.end}{few} ORDER BY n.c, t.seq"
    )


def _expressions(table: str, made: Copies) -> dict[str, str]:
    """What each column of a copy holds that the original's does not."""
    away = f"n.c * {made.piece.entries}"
    seq = f"t.seq + {away}"
    at = _at(f"({seq} - {made.piece.first})", made)
    if table != "decision":
        taken = {"seq": seq, "decision_seq": f"t.decision_seq + {away}", "at": at, "id": _fresh()}
        if made.cut:
            short, whole = f"substr(t.body, 1, {SHORT})", f"n.c > {made.cut}"
            taken["body"] = f"CASE WHEN {whole} THEN t.body ELSE {short} END"
            taken["leaf"] = rf"CASE WHEN {whole} THEN t.leaf ELSE sha256('\x00'::bytea || {short}) END"
        return taken
    late = "(t.seq * 7919 + n.c * 104729) % 1000"
    lateness = f"CASE WHEN {late} < 970 THEN {late} * 0.06 WHEN {late} < 990 THEN ({late} - 970) * 4320 ELSE ({late} - 990) * 60480 END"
    moved = {
        name: _moved(name, at)
        for name in ("ended_at", "decided_at", "protect_until", "sign_off_due", "hold_until", "claim_until")
    }
    old = f"n.c <= {made.count - made.open_last}"
    settled = f"n.c <= {made.count - made.owed_last}"
    occurred = _at(f"({seq} - {made.piece.first})", made, f"- ({lateness})")
    waiting = f"t.state IN {OPEN}"
    ahead = _literal(made.until + timedelta(days=2))
    for name in ("hold_until", "claim_until"):
        moved[name] = f"CASE WHEN {waiting} AND t.{name} IS NOT NULL THEN {ahead} ELSE {moved[name]} END"
    return moved | {
        "seq": seq,
        "last_seq": f"t.last_seq + {away}",
        "lease_seq": f"t.lease_seq + {away}",
        "id": _fresh(),
        "ref_key": _random_hex(),
        "lease_id": f"CASE WHEN t.lease_id IS NOT NULL THEN {_fresh()} END",
        "lease_until": f"CASE WHEN t.lease_until IS NOT NULL THEN {ahead} END",
        "action_hash": f"CASE WHEN t.action_hash = '' THEN '' ELSE 'sha256:' || {_random_hex()} || {_random_hex()} END",
        "agent_ref": "t.agent_ref || '-' || n.c",
        "episode": "t.episode || '-' || n.c",
        "received_at": at,
        "occurred_at": occurred,
        "acted_at": f"CASE WHEN t.acted_at IS NOT NULL THEN {occurred} END",
        "state": f"CASE WHEN {old} AND {waiting} THEN 'expired' WHEN {old} AND t.state = 'revert_ordered' THEN 'reverted' ELSE t.state END",
        "sign_off": f"CASE WHEN {settled} AND t.sign_off = 'required' THEN 'accepted' ELSE t.sign_off END",
    }


def _at(number: str, made: Copies, less: str = "") -> str:
    """The time of the entry of that number within the year."""
    start = made.until - made.over
    if on_postgresql():
        return f"({_literal(start)} + (({number})::double precision * {made.step:.9f} {less}) * INTERVAL '1 second')"
    return f"strftime('%Y-%m-%d %H:%M:%f000', {start.timestamp()} + ({number}) * {made.step:.9f} {less}, 'unixepoch')"


def _moved(name: str, at: str) -> str:
    """A time of the original, as far after its receipt as it was."""
    if on_postgresql():
        return f"{at} + (t.{name} - t.received_at)"
    apart = f"(julianday(t.{name}) - julianday(t.received_at))"
    return f"strftime('%Y-%m-%d %H:%M:%f000', julianday({at}) + {apart})"


def _literal(at: datetime) -> str:
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return f"TIMESTAMPTZ '{text}+00'" if on_postgresql() else f"'{text}'"


def _random_hex() -> str:
    return "md5(random()::text)" if on_postgresql() else "lower(hex(randomblob(16)))"


def _fresh() -> str:
    return "gen_random_uuid()" if on_postgresql() else "lower(hex(randomblob(16)))"


@contextmanager
def _without_indexes() -> Iterator[None]:
    """On PostgreSQL the indexes but primary keys are made when the rows are there, which takes a fraction of the time."""
    if not on_postgresql():
        yield
        return
    listed = ", ".join(f"'{table}'::regclass" for table in TABLES)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname, "
            "pg_get_constraintdef(c.oid) FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid "
            f"WHERE i.indrelid IN ({listed}) AND NOT i.indisprimary"
        )
        found = cursor.fetchall()
        for table, index, _, constraint, _ in found:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}" if constraint else f"DROP INDEX {index}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for table, _, index_definition, constraint, definition in found:
            cursor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {definition}" if constraint else index_definition
            )


def _grow_tree(made: Copies) -> None:
    """The tiles over all leaves, and the head."""
    piece = made.piece
    before = b"".join(ledger.leaves(0, piece.first))
    whole = b"".join(ledger.leaves(piece.first, piece.end))
    short = b"".join(leaf_hash(body[:SHORT]) for body in ledger.bodies(piece.first, piece.end))
    size = piece.end + made.count * piece.entries
    step = WIDTH * HASH
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM tile")
        level, hashes = 0, before + whole + short * made.cut + whole * (made.count - made.cut)
        while len(hashes) >= step:
            roots = bytearray()
            rows = []
            for n in range(len(hashes) // step):
                tile = hashes[n * step : (n + 1) * step]
                rows.append((level, n, tile, subtree(tile)))
                roots += rows[-1][3]
                if len(rows) == 1000:
                    insert_rows(TileRow, ("level", "n", "hashes", "root"), rows)
                    rows = []
            insert_rows(TileRow, ("level", "n", "hashes", "root"), rows)
            level, hashes = level + 1, bytes(roots)
        _set_head(size)


def _count() -> None:
    """The counts of the timeline's columns and lanes, as the migrations make them of what is there."""
    with connection.cursor() as cursor:
        for name in ("0018_decision_counts", "0026_lane_counts"):
            for statement in import_module(f"decisions.migrations.{name}").statements(connection.vendor):
                cursor.execute(statement)


def _set_head(size: int) -> None:
    frontier = Tree(size, ledger.tile).frontier()
    Head.objects.filter(id=1).update(size=size, root=frontier.root(), frontier=frontier.to_bytes())
    # Else the next to write would take it for a database that was brought back. A file that is there keeps what it has
    # of as many entries.
    if settings.GUARD_FILE is not None:
        settings.GUARD_FILE.unlink(missing_ok=True)
    with transaction.atomic():
        guard_file.keep(ledger.open_head())


def size_on_disk() -> str:
    with connection.cursor() as cursor:
        if on_postgresql():
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return f"{cursor.fetchone()[0] / 2**30:.1f} GiB"
