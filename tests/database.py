"""The test database: wiped between tests that commit, although its guards refuse. It must not be used on any other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from decisions.merkle import EMPTY_ROOT
from decisions.models.ledger import Head

GUARDED = ("entry", "tile", "checkpoint", "cosignature", "head")
KEPT = frozenset({"head", "django_content_type", "auth_permission"})


@contextmanager
def guards_off(*tables: str) -> Iterator[None]:
    """The triggers of the guarded tables are gone inside, as for somebody who owns the database, and back afterwards."""
    names = tables or GUARDED
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
                " WHERE NOT tgisinternal AND relname = ANY(%s)",
                [list(names)],
            )
            triggers = cursor.fetchall()
            _run(f'ALTER TABLE "{table}" DISABLE TRIGGER "{trigger}"' for table, trigger in triggers)
            back = [f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{trigger}"' for table, trigger in triggers]
        else:
            cursor.execute("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'")
            triggers = [row for row in cursor.fetchall() if row[2] in names]
            _run(f'DROP TRIGGER "{name}"' for name, _, _ in triggers)
            back = [sql for _, sql, _ in triggers]
    try:
        yield
    finally:
        _run(back)


def _run(statements: Iterator[str] | list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of each table that has any, and the head."""

    rows: list[tuple[str, list[tuple[Any, ...]]]]
    head: dict[str, Any]


def _tables() -> list[str]:
    return sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)} - KEPT)


def content() -> Content:
    """What the database holds."""
    found = []
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
            if rows := cursor.fetchall():
                found.append((table, rows))
    return Content(found, dict(Head.objects.values().get()))


def put_back(held: Content) -> None:
    """Write `held`, which this database held before, into it while it is empty. Its guards are on."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in held.rows:
            marks = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)
        Head.objects.update(**held.head)


def wipe() -> None:
    """Empty every table and set the head back to that of an empty ledger."""
    with transaction.atomic(), guards_off(), connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f'DELETE FROM "{table}"')
        cursor.execute(
            "UPDATE head SET size = 0, root = %s, frontier = %s, at = %s, config = NULL, origin = '', halted = %s",
            [
                EMPTY_ROOT,
                b"",
                "1970-01-01 00:00:00+00:00" if connection.vendor == "postgresql" else "1970-01-01 00:00:00",
                False,
            ],
        )
