"""Bulk writes and the head lock: the one module, besides settings, where the two databases differ."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.db.models import Field, JSONField, Model
from django.db.models.base import ModelState
from psycopg.types.json import Jsonb

from decisions.models.ledger import Head
from decisions.models.prepared import Prepared

M = TypeVar("M", bound=Model)
CHUNK = 500
"""How many values one IN list may hold on both databases."""


def on_postgresql() -> bool:
    return connection.vendor == "postgresql"


_HEAD = Prepared(lambda: (Head.objects.select_for_update() if on_postgresql() else Head.objects).filter(id=1))


def lock_head() -> Head:
    """The head row, locked until the transaction ends; the first statement of every writing transaction.

    SQLite has no row locks: its transactions are IMMEDIATE, so the database's write lock is held already.
    """
    return _HEAD.all()[0]


class _Turns:
    """Lets threads in one at a time, in the order in which they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        mine = threading.Lock()
        with self._lock:
            if not self._busy:
                self._busy = True
                return
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._busy = False


_turns = _Turns()


@contextmanager
def writing() -> Iterator[None]:
    """A writing transaction; inside one that is open already, a part of it that can fail alone.

    PostgreSQL queues those who wait for the head row. SQLite lets them try again and again, and whoever is unlucky never
    gets it: there the threads of this process take turns.
    """
    if on_postgresql() or connection.in_atomic_block:
        with transaction.atomic():
            yield
    else:
        with _turns, transaction.atomic():
            yield


def cut_log() -> None:
    """Bring SQLite's log into the database and cut it off, so that what was deleted stands in neither.

    Where somebody reads for longer than a second it stays for the next time. PostgreSQL leaves that to VACUUM.
    """
    if on_postgresql() or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        before = cursor.fetchone()[0]
        cursor.execute("PRAGMA busy_timeout = 1000")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(before)}")


def insert_rows(model: type[Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert `rows` by COPY on PostgreSQL and by executemany on SQLite. Columns are database columns; no defaults."""
    if not rows:
        return
    table = model._meta.db_table  # noqa: SLF001 - the documented home of a model's table name
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if on_postgresql():
            # Django wraps the errors of execute; those of COPY it must be told to.
            with connection.wrap_database_errors, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608 - names are our own
            cursor.executemany(statement, [_sqlite(row) for row in rows])


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


_STORED: dict[type, Callable[[Any], Any]] = {UUID: attrgetter("hex"), datetime: _moment}
"""What SQLite holds of the types that it does not know."""


def _sqlite(row: Sequence[Any]) -> list[Any]:
    return [_STORED[type(value)](value) if type(value) in _STORED else value for value in row]


def upsert(model: type[Model], rows: Sequence[Model]) -> None:
    """Insert the new ones of `rows` and write every column of the others, which are there."""
    fields = model._meta.concrete_fields  # noqa: SLF001 - the documented home of a model's fields
    fresh = [row for row in rows if row._state.adding]  # noqa: SLF001 - as documented for instances
    insert_rows(model, [str(field.column) for field in fields], _values(fresh, fields))
    changed = [row for row in rows if not row._state.adding]  # noqa: SLF001
    if changed:
        _update(model, fields, changed)


def put(model: type[Model], rows: Iterable[Model]) -> None:
    """Insert `rows`, each with another key, or bring those whose key is there to the same content."""
    key, *others = sorted(model._meta.concrete_fields, key=lambda field: not field.primary_key)  # noqa: SLF001
    model._default_manager.bulk_create(  # noqa: SLF001 - as documented for a model that is not known
        rows,
        batch_size=200,
        update_conflicts=True,
        unique_fields=[key.name],
        update_fields=[field.name for field in others],
    )


def update_where(model: type[Model], values: Mapping[str, Any], where: Mapping[str, Any]) -> int:
    """Write `values` into the rows that are as `where` says; returns how many were. Both by column, none of them JSON."""
    changes = ", ".join(f'"{column}" = %s' for column in values)
    condition = " AND ".join(f'"{column}" = %s' for column in where)
    statement = f'UPDATE "{model._meta.db_table}" SET {changes} WHERE {condition}'  # noqa: S608, SLF001 - names are our own
    given = [*values.values(), *where.values()]
    with connection.cursor() as cursor:
        cursor.execute(statement, given if on_postgresql() else _sqlite(given))
        return int(cursor.rowcount)


def add_counts(model: type[Model], key: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Add to the counts `n` of `rows`, each the values of `key` and then what is added; a count of nothing is no row."""
    if not rows:
        return
    table = model._meta.db_table  # noqa: SLF001 - the documented home of a model's table name
    names, one = ", ".join(key), " AND ".join(f"{column} = %s" for column in key)
    marks = ", ".join(["%s"] * (len(key) + 1))
    added = f"INSERT INTO {table} ({names}, n) VALUES ({marks}) ON CONFLICT ({names}) DO UPDATE SET n = {table}.n + excluded.n"  # noqa: S608 - names are our own
    with connection.cursor() as cursor:
        cursor.executemany(added, rows)
        if less := [row[:-1] for row in rows if row[-1] < 0]:
            cursor.executemany(f"DELETE FROM {table} WHERE {one} AND n = 0", less)  # noqa: S608 - as above


def _update(model: type[Model], fields: "Sequence[Field[Any, Any]]", rows: Sequence[Model]) -> None:
    # Django would compile a statement of sixty columns anew each time, which takes longer than running it.
    key = next(field for field in fields if field.primary_key)
    fields = [*(field for field in fields if field is not key), key]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields[:-1])
    statement = f'UPDATE "{model._meta.db_table}" SET {columns} WHERE "{key.column}" = %s'  # noqa: S608, SLF001 - names are our own
    values = _values(rows, fields)
    with connection.cursor() as cursor:
        cursor.executemany(statement, values if on_postgresql() else [_sqlite(row) for row in values])


def _values(rows: Sequence[Model], fields: "Sequence[Field[Any, Any]]") -> list[tuple[Any, ...]]:
    """The rows as columns. Django converts a value through six calls; only JSON needs one here."""
    names = [field.attname for field in fields]
    documents = [index for index, field in enumerate(fields) if isinstance(field, JSONField)]
    wrap = _jsonb if on_postgresql() else _json
    made = []
    for row in rows:
        held = row.__dict__
        values = [held[name] for name in names]
        for index in documents:
            if values[index] is not None:
                values[index] = wrap(values[index])
        made.append(tuple(values))
    return made


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _jsonb(value: Any) -> Jsonb:
    return Jsonb(value, dumps=msgspec.json.encode)


_DEFAULTS: dict[type[Model], dict[str, Any]] = {}


def made(model: type[M], **values: Any) -> M:
    """A row that is not stored yet, as `model(**values)` makes it, in a fifth of the time: a batch makes thousands."""
    held = _DEFAULTS.get(model)
    if held is None:
        fields = model._meta.concrete_fields  # noqa: SLF001 - the documented home of a model's fields
        held = _DEFAULTS[model] = {field.attname: field.get_default() for field in fields}
    row = model.__new__(model)
    row.__dict__.update(held)
    # A default that could be changed in place is nobody's but this row's.
    row.__dict__.update({name: copy(value) for name, value in held.items() if isinstance(value, list | dict)})
    row.__dict__.update(values)
    row._state = ModelState()  # noqa: SLF001 - as Model.__init__ does
    return row


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """`values` in lists short enough for an IN list."""
    held: list[Any] = []
    for value in values:
        held.append(value)
        if len(held) == CHUNK:
            yield held
            held = []
    if held:
        yield held


@contextmanager
def snapshot() -> Iterator[None]:
    """Reads inside see the database as of one moment, without keeping writers waiting.

    In an open transaction they see what that transaction sees.
    """
    if connection.in_atomic_block:
        yield
        return
    if on_postgresql():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # The mode is known once there is a connection.
    connection.ensure_connection()
    wrapper: Any = connection
    before, wrapper.transaction_mode = wrapper.transaction_mode, "DEFERRED"
    try:
        with transaction.atomic():
            yield
    finally:
        wrapper.transaction_mode = before


@contextmanager
def by_hash() -> Iterator[None]:
    """In a transaction: have what a query groups by many columns put into a table, however many sorts the database expects.

    PostgreSQL takes columns that go together for independent, expects as many sorts as rows and orders all of them first:
    a million in ten seconds, where the table takes two.
    """
    if not on_postgresql():
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off")
        yield
        cursor.execute("SET LOCAL enable_sort = on; SET LOCAL enable_incremental_sort = on")
