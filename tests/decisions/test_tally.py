"""Counts of sources: none is lost while the database is away or slow, and nothing that is refused keeps others from being counted."""

import threading
from datetime import timedelta
from typing import NoReturn

import pytest
from django.db import OperationalError

from approvals.queries import sources
from decisions import clock
from decisions.errors import Problem
from decisions.intake import tally
from decisions.models import SourceMinute, SourceRefusal
from decisions.tasks import forget_expired

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_hand")]


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Written when a test says so."""
    monkeypatch.setattr(tally, "EVERY", 3600.0)


def records() -> int:
    return sum(SourceMinute.objects.values_list("records", flat=True))


def test_what_was_counted_while_the_database_was_away_is_written_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away() -> NoReturn:
        raise OperationalError("the server closed the connection")

    tally.count("source:a", records=3)
    tally.refuse("source:a", Problem(400, "bad-event", "No"), b"{}")
    with monkeypatch.context() as patch:
        patch.setattr(tally, "writing", away)
        with pytest.raises(OperationalError):
            tally.flush()
    tally.count("source:a", records=2)
    tally.flush()
    assert records() == 5
    assert SourceRefusal.objects.count() == 1
    tally.flush()
    assert records() == 5, "each is written once"


def test_what_no_store_keeps_does_not_lose_the_counts_of_others() -> None:
    tally.count("source:a", records=3)
    tally.refuse("source:b", Problem(400, "bad-event", "No", "It holds \0 and \ud800"), b"\0\xff")
    tally.flush()
    assert records() == 3
    detail = SourceRefusal.objects.get().detail
    assert "\0" not in detail
    detail.encode()


@pytest.mark.parametrize(
    "body",
    [
        b'{"k": "hunter-two ghp_' + b"a" * 36 + b'"}',
        b'{"db": {"adminPassword" : "hunter-two"}, "a": 1}',
        b'{"api_key": "hunter-two \\" and on"',
        b'{"a": "' + b"x" * (tally.SAMPLE - 20) + b" ghp_" + b"a" * 36 + b'"}',
    ],
    ids=["by its form", "by its name", "cut off", "at the end of the sample"],
)
def test_why_a_body_was_refused_is_kept_without_its_secrets(body: bytes) -> None:
    tally.refuse("source:b", Problem(400, "bad-event", "No", "token ghp_" + "a" * 36), body)
    tally.flush()
    kept = SourceRefusal.objects.get()
    assert "ghp_" not in kept.detail + kept.sample
    assert "hunter-two" not in kept.sample.partition("⟦secret removed⟧")[2]
    assert "⟦secret" in kept.sample
    assert len(kept.sample) <= tally.SAMPLE


def test_one_source_that_is_refused_all_the_time_leaves_room_for_others() -> None:
    for _ in range(tally.REFUSALS_KEPT * 3):
        tally.refuse("source:loud", Problem(400, "bad-event", "No"), b"{}")
    tally.refuse("source:quiet", Problem(400, "bad-event", "No"), b"{}")
    tally.flush()
    assert SourceRefusal.objects.filter(source="source:quiet").count() == 1
    assert SourceRefusal.objects.filter(source="source:loud").count() == tally.REFUSALS_KEPT


def test_what_was_refused_is_forgotten_when_nothing_comes_any_more() -> None:
    """A sample may name a person, and erasing does not reach it."""
    for source in ("source:old", "source:new"):
        tally.refuse(source, Problem(400, "bad-event", "No"), b"{}")
        tally.flush()
        if source == "source:old":
            SourceRefusal.objects.update(at=clock.now() - tally.KEPT - timedelta(minutes=1))
    assert [one["source"] for one in sources.refusals(clock.now())] == ["new"]
    forget_expired()
    assert list(SourceRefusal.objects.values_list("source", flat=True)) == ["source:new"]


def test_two_that_write_at_once_write_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each adds to what it read: both would write the same sum."""
    inside, most = [0], [0]
    go = threading.Event()

    def slow() -> NoReturn:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        go.wait(0.2)
        inside[0] -= 1
        raise OperationalError("no database in this test")

    def flush() -> None:
        with pytest.raises(OperationalError):
            tally.flush()

    monkeypatch.setattr(tally, "writing", slow)
    tally.count("source:a", records=1)
    threads = [threading.Thread(target=flush) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
