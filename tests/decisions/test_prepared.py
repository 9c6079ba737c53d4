"""Prepared queries find what Django's own find, in the same form, and are made once."""

import random
import threading
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import BooleanField, CharField, Model, UUIDField
from django.test.utils import CaptureQueriesContext

from decisions.models import Agent, Decision, Heartbeat, ServedClock
from decisions.models.bulk import made
from decisions.models.prepared import Prepared, PreparedMany, PreparedValues, Slot
from decisions.vocab import State
from tests import database
from tests.conftest import Clock
from tests.mixture import Mixture


def content(row: Model) -> dict[str, Any]:
    """Every column and annotation of `row`, and whether it counts as stored."""
    held = vars(row).copy()
    state = held.pop("_state")
    return held | {"adding": state.adding, "db": state.db}


_at_work: list[database.Content] = []
"""The company as this process once had it work: to do so takes a hundred times as long as to write its rows."""


@pytest.fixture
def company(request: pytest.FixtureRequest, db: None, clock: Clock) -> None:
    """A company that has been at work."""
    if _at_work:
        database.put_back(_at_work[0])
        return
    Mixture(request.getfixturevalue("organisation"), clock, random.Random(7)).run(120)
    ServedClock.objects.update_or_create(id=1, defaults={"served_ms": 17, "resumed_ms": 3})
    some = Decision.objects.order_by("seq")[:10]
    Heartbeat.objects.bulk_create(
        [Heartbeat(decision_seq=row.seq, until=clock.at) for row in some], ignore_conflicts=True
    )
    _at_work.append(database.content())


@pytest.mark.django_db
def test_every_model_is_read_as_django_reads_it(company: None) -> None:
    seen = 0
    for model in apps.get_models():
        made = Prepared(lambda model=model: model._default_manager.order_by("pk"))  # type: ignore[misc]
        expected = [content(row) for row in model._default_manager.order_by("pk")]
        assert [content(row) for row in made.all()] == expected, model
        seen += bool(expected)
    assert seen > 15


def test_a_row_is_made_as_its_model_makes_it() -> None:
    for model in apps.get_models():
        fixed = [field.attname for field in model._meta.concrete_fields if not callable(field.default)]
        lists = [field.attname for field in model._meta.concrete_fields if field.default in (list, dict)]
        one, other, plain = content(made(model)), content(made(model)), content(model())
        assert set(one) == set(plain), model
        assert [one[name] for name in [*fixed, *lists]] == [plain[name] for name in [*fixed, *lists]], model
        assert all(one[name] is not other[name] for name in lists), model


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 1, 2, 4, 5, 16, 17, 65, 100])
def test_rows_are_found_by_any_number_of_keys(company: None, count: int) -> None:
    by_ref = PreparedMany(lambda keys: Decision.objects.filter(ref_key__in=keys), CharField())
    refs = list(Decision.rows.order_by("seq").values_list("ref_key", flat=True)[: max(count - 1, 0)])
    if count:
        refs.append("unknown")
    for _ in range(2):
        found = sorted(by_ref.all(refs), key=lambda row: row.seq)
        assert [content(row) for row in found] == [
            content(row) for row in Decision.objects.filter(ref_key__in=refs).order_by("seq")
        ]


@pytest.mark.django_db
def test_slots_are_filled_by_what_is_asked(company: None) -> None:
    by_id = Prepared(lambda: Decision.objects.filter(complete=True, id=Slot("id", UUIDField())))
    by_state = Prepared(
        lambda: Decision.rows.filter(
            state=Slot("state", CharField()), complete=Slot("complete", BooleanField())
        ).order_by("-seq")
    )
    for row in Decision.objects.filter(complete=True):
        assert (found := by_id.first(id=row.id)) is not None
        assert content(found) == content(row)
    assert by_id.first(id=uuid.uuid4()) is None
    for state in State:
        for complete in (True, False):
            expected = Decision.rows.filter(state=state, complete=complete).order_by("-seq")
            assert [content(row) for row in by_state.all(state=state, complete=complete)] == list(
                map(content, expected)
            )


@pytest.mark.django_db
def test_values_too(company: None) -> None:
    names = ("seq", "id", "state", "action", "occurred_at", "complete")
    made = PreparedValues(lambda: Decision.objects.order_by("seq").values_list(*names))
    assert made.all() == list(Decision.objects.order_by("seq").values_list(*names))


@pytest.mark.django_db
def test_it_is_one_query_and_made_once(agent: Agent) -> None:
    calls = 0

    def make() -> Any:
        nonlocal calls
        calls += 1
        return Agent.objects.filter(slug=Slot("slug", CharField()))

    made = Prepared(make)
    with CaptureQueriesContext(connection) as asked:
        for _ in range(3):
            assert made.first(slug="remediator") == agent
            assert made.first(slug="'; DROP TABLE agent; --") is None
    assert (calls, len(asked)) == (1, 6)


@pytest.mark.django_db
def test_a_slot_that_is_not_filled_is_an_error() -> None:
    with pytest.raises(KeyError):
        Prepared(lambda: Agent.objects.filter(slug=Slot("slug", CharField()))).all()


@pytest.mark.django_db(transaction=True)
def test_threads_share_it(agent: Agent) -> None:
    made = Prepared(lambda: Agent.objects.filter(id=Slot("id", UUIDField())))
    wanted = {row.id: row.slug for row in Agent.objects.all()}
    wrong: list[Any] = []

    def ask() -> None:
        try:
            for _ in range(50):
                for id_, slug in wanted.items():
                    row = made.first(id=id_)
                    if row is None or row.slug != slug:
                        wrong.append((id_, row))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
