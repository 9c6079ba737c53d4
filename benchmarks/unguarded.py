"""A database of a benchmark without the guards of some tables, to put rows into it that no ledger makes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def unguarded(*tables: str) -> Iterator[None]:
    """The triggers of `tables` are off inside, and gone for good on SQLite: the database is thrown away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
            for name, table in cursor.fetchall():
                if table in tables:
                    cursor.execute(f"DROP TRIGGER {name}")
    yield
