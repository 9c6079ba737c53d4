"""What was erased leaves no trace: not in the database file, not in any table, export, page, answer or line of the log."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from approvals.actions.change_register import change_register
from approvals.actions.comment import comment
from approvals.actions.erase import Why, erase
from approvals.actions.leave import Handover, leave
from approvals.organisation import Organisation
from approvals.vocab import ErasureBasis, ErasureOf
from decisions.models import Agent, Decision, Person
from tests import factories
from tests.factories import event, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
WORD = "Xanthippe"
WHY = Why(ErasureBasis.SUBJECT_REQUEST, "Request 17 of 21 November", "They asked for it in writing.")


def traces(word: str) -> list[str]:
    """Where `word` stands: in which column of which table, and in which file of the database."""
    found = [f"{table}.{column}" for table, column in columns() if stands_in(table, column, word)]
    if connection.vendor == "sqlite":
        file = Path(str(connection.settings_dict["NAME"]))
        files = [path for path in file.parent.glob(f"{file.name}*") if path.is_file()]
        found += [path.name for path in files if word.encode() in path.read_bytes()]
    return found


def columns() -> Iterator[tuple[str, str]]:
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            described = connection.introspection.get_table_description(cursor, table)
        for column in described:
            yield table, column.name


def stands_in(table: str, column: str, word: str) -> bool:
    cast = "bytea" if connection.vendor == "postgresql" else "text"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE "{column}"::text LIKE %s OR encode("{column}"::text::bytea, \'escape\') LIKE %s',
                [f"%{word}%"] * 2,
            )
        else:
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE instr(CAST("{column}" AS {cast}), %s)', [word])
        return bool(cursor.fetchone()[0])


def test_a_thousand_entries_of_one_person(organisation: factories.Register, agent: Agent) -> None:
    admin = organisation.people["yuki"]
    change_register(Organisation(people=[factories.person("xan", "responder", name=f"{WORD} Roe")]), actor=admin.id)
    person = Person.objects.get(username="xan")
    rows = []
    for _ in range(10):
        send(agent, *[event(decision=uuid.uuid4().hex) for _ in range(10)])
    rows = list(Decision.objects.order_by("seq"))
    for number in range(1000):
        comment(rows[number % len(rows)].id, text=f"{WORD} was here, {number}", actor=person.id)
    assert "comment.text" in traces(WORD)
    leave(person.id, Handover(), actor=admin.id)
    erased = erase(ErasureOf.PERSON, str(person.id), names=(), why=WHY, actor=admin.id)
    assert (erased.entries, erased.left) == (1000, 0)
    assert traces(WORD) == []
