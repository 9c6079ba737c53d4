"""The database lets no decision change its state in a way that no entries can make, whoever writes."""

import importlib

import pytest
from django.db import IntegrityError, connection, transaction

from decisions.edges import reachable
from decisions.models import Agent, Decision
from decisions.vocab import TERMINAL, State
from tests import factories

CHANGES = sorted((before, after) for before in State for after in State if before is not after)


def test_the_migration_holds_what_the_code_says() -> None:
    after = importlib.import_module("decisions.migrations.0005_edges").AFTER
    stored = {(State(before), State(state)) for before, states in after.items() for state in states.split()}
    assert stored == reachable()


def test_what_was_refused_or_done_never_becomes_a_permission() -> None:
    permissions = {State.SUGGESTED, State.PENDING, State.WINDOW, State.AUTHORIZED, State.EXECUTING}
    come_from = {before for before, after in reachable() if after in permissions}
    assert come_from == {State.SUGGESTED, State.PENDING, State.WINDOW, State.AUTHORIZED}
    assert not [pair for pair in reachable() if pair[0] in TERMINAL]


@pytest.mark.django_db
def test_every_change_by_raw_sql(agent: Agent) -> None:
    """Each of all changes, on a row that is valid in every state, is made or refused as the edges say."""
    row = factories.claim(factories.propose(agent, action=factories.action(service="wiki")))
    Decision.objects.filter(seq=row.seq).update(hold_until=row.lease_until)
    refused = set()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE spare AS SELECT * FROM decision")
        for before, after in CHANGES:
            cursor.execute("DELETE FROM decision")
            cursor.execute("UPDATE spare SET state = %s", [before])
            cursor.execute("INSERT INTO decision SELECT * FROM spare")
            try:
                with transaction.atomic():
                    cursor.execute("UPDATE decision SET state = %s", [after])
            except IntegrityError:
                refused.add((before, after))
    assert set(CHANGES) - refused == reachable()
