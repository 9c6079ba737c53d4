"""The right to act, asked for at the moment at which it is taken away: one order, and nothing is granted after a stop."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from approvals.actions.change_register import change_register
from approvals.actions.expire import expire
from approvals.actions.keep_lease import Kept, keep_lease
from approvals.actions.lift_freeze import lift_freeze
from approvals.actions.set_freeze import set_freeze
from approvals.machine import LEASE
from approvals.organisation import Organisation
from decisions import ledger, rebuild
from decisions.errors import Problem
from decisions.models import Agent, Decision, Freeze, Person, Timeline
from decisions.models.ledger import EntryRow
from decisions.recording import Recorded
from decisions.verify import verify_ledger
from decisions.vocab import FreezeMode, FreezeScope, Kind, State
from tests import factories
from tests.conftest import Clock
from tests.factories import event, send
from tests.races.running import WAYS, in_turns, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
FULL = 10_000 if connection.vendor == "postgresql" else 2000
"""What is raced in full by processes of their own, in `test_replicas`; by threads a fifth of it."""
COUNTS = [4, pytest.param(FULL // 5, marks=pytest.mark.deep)]
FEW = [2, pytest.param(FULL // 50, marks=pytest.mark.deep)]
HALF = LEASE / 2
AT_ONCE = 200
"""How many rounds are run before the threads are made anew, and how many proposals are sent as one batch."""
WIKI = factories.action(service="wiki")


def proposed(agent: Agent, count: int, **over: Any) -> list[Decision]:
    rows: list[Decision] = []
    for start in range(0, count, AT_ONCE):
        batch = [event("proposed", **over) for _ in range(min(AT_ONCE, count - start))]
        first = send(agent, *batch).first_seq
        rows += Decision.objects.filter(seq__gte=first).order_by("seq")
    return rows


def portions(count: int) -> Iterator[range]:
    """The rounds in portions; a portion's threads end with it."""
    for start in range(0, count, AT_ONCE):
        yield range(start, min(start + AT_ONCE, count))


def answered(count: int, *runners: Callable[[int], Any]) -> list[tuple[Any, ...]]:
    """The answers of `count` rounds in which all runners are let go at once."""
    found: list[tuple[Any, ...]] = []
    for portion in portions(count):
        shifted = [lambda turn, run=run, start=portion.start: run(start + turn) for run in runners]
        found += together(len(portion), *shifted)
    return found


def assert_sound() -> Counter[str]:
    """Check the ledger and what it says: no claim after a veto or under a stop, one claim a decision. How many claims each."""
    size = ledger.size()
    assert list(EntryRow.objects.order_by("seq").values_list("seq", flat=True)) == list(range(size))
    assert verify_ledger().clean
    assert rebuild.rebuild(check=True).differences == ()
    service = dict(Decision.objects.values_list("ref_key", "service"))
    stopped: dict[str, str] = {}
    vetoed: set[str] = set()
    claims: Counter[str] = Counter()
    for entry in ledger.entries(0, size - 1):
        facts = entry.facts
        if entry.kind is Kind.FREEZE_SET:
            stopped[str(entry.id)] = facts["value"]
        elif entry.kind is Kind.FREEZE_LIFTED and facts["lifted"]:
            del stopped[facts["freeze"]]
        elif entry.kind is Kind.VERDICT_GIVEN and facts["verdict"] == "veto":
            vetoed.add(facts["ref"])
        elif entry.kind is Kind.CLAIM_GRANTED:
            claims[facts["ref"]] += 1
            assert facts["ref"] not in vetoed, "a claim after a veto"
            assert service[facts["ref"]] not in stopped.values(), "a claim under a stop"
    assert set(claims.values()) <= {1}, "two claims of one decision"
    return claims


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_claim_comes_before_a_veto_or_not_at_all(agent: Agent, responder: Person, count: int, way: Any) -> None:
    rows = proposed(agent, count, action=WIKI)
    answers = answered(
        count, way(lambda turn: factories.claim(rows[turn])), way(lambda turn: factories.veto(rows[turn], responder))
    )
    after = {row.seq: row for row in Decision.objects.all()}
    for row, (claimed, veto) in zip(rows, answers, strict=True):
        assert isinstance(veto, Recorded), "a veto always stands"
        if isinstance(claimed, Decision):
            assert (claimed.lease_seq or 0) < veto.first_seq
            assert (after[row.seq].state, after[row.seq].to_revert) == (State.EXECUTING, True)
        else:
            assert (claimed.status, claimed.slug) == (403, "vetoed")
            assert after[row.seq].state == State.VETOED
    assert_sound()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_claim_comes_before_a_stop_or_not_at_all(
    agent: Agent, responder: Person, manager: Person, second_manager: Person, count: int, way: Any
) -> None:
    rows: dict[int, Decision] = {}

    def prepare(turn: int) -> None:
        for freeze in Freeze.objects.filter(lifted_at__isnull=True):
            for person in (manager, second_manager):
                lift_freeze(freeze.id, actor=person.id)
        rows[turn] = factories.propose(agent, action=WIKI)

    def stop(turn: int) -> Freeze:
        mode = FreezeMode.ALL if turn % 2 else FreezeMode.AUTONOMY
        return set_freeze(scope=FreezeScope.SERVICE, value="wiki", mode=mode, reason="", actor=responder.id)

    for portion in portions(count):
        answers = in_turns(portion, prepare, way(lambda turn: factories.claim(rows[turn])), way(stop))
        for turn, (claimed, freeze) in zip(portion, answers, strict=True):
            assert isinstance(freeze, Freeze), "a stop always stands"
            if isinstance(claimed, Decision):
                assert (claimed.lease_seq or 0) < freeze.seq
            else:
                assert (claimed.status, claimed.slug) == (410, "expired")
                assert Decision.objects.get(seq=rows[turn].seq).state == State.EXPIRED
    assert_sound()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", FEW)
def test_so_it_does_before_the_first_stop_ever_of_a_scope(
    agent: Agent, responder: Person, admin: Person, count: int, way: Any
) -> None:
    """No row of the scope's freezes exists yet: there is nothing of it that could have been locked."""
    names = [f"service-{turn}" for turn in range(count)]
    change_register(Organisation(services=[factories.service(name, 3) for name in names]), actor=admin.id)
    rows = [factories.propose(agent, action=factories.action(service=name)) for name in names]

    def stop(turn: int) -> Freeze:
        return set_freeze(
            scope=FreezeScope.SERVICE, value=names[turn], mode=FreezeMode.ALL, reason="", actor=responder.id
        )

    for claimed, freeze in answered(count, way(lambda turn: factories.claim(rows[turn])), way(stop)):
        assert isinstance(freeze, Freeze)
        if isinstance(claimed, Decision):
            assert (claimed.lease_seq or 0) < freeze.seq
        else:
            assert (claimed.status, claimed.slug) == (410, "expired")
    assert_sound()


def giving_back(runner: Callable[[int], Any]) -> Callable[[int], Any]:
    """`runner`, which keeps no connection from one round to the next: there are fewer of them than threads."""

    def run(turn: int) -> Any:
        try:
            return runner(turn)
        finally:
            connection.close()

    return run


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", [1, pytest.param(FULL // 64, marks=pytest.mark.deep)])
def test_of_sixty_four_claimers_one_wins(agent: Agent, count: int, way: Any) -> None:
    rows = proposed(agent, count, action=WIKI)
    runners = [way(lambda turn, key=f"c-{place}": factories.claim(rows[turn], key=key)) for place in range(64)]
    for told in answered(count, *map(giving_back, runners)):
        assert len([one for one in told if isinstance(one, Decision)]) == 1
        assert Counter(one.slug for one in told if isinstance(one, Problem)) == {"claimed": 63}
    assert len(assert_sound()) == count


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", [2, pytest.param(FULL // 16, marks=pytest.mark.deep)])
def test_one_key_from_sixteen_claimers_is_one_lease(agent: Agent, count: int, way: Any) -> None:
    rows = proposed(agent, count, action=WIKI)
    for told in answered(count, *[way(lambda turn: factories.claim(rows[turn]))] * 16):
        assert len({(one.lease_id, one.lease_seq) for one in told}) == 1
    assert len(assert_sound()) == count


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("service", "needed"), [("search", 1), ("checkout", 2)])
@pytest.mark.parametrize("count", FEW)
def test_a_claim_comes_after_as_many_approvals_as_are_needed(
    agent: Agent, manager: Person, second_manager: Person, service: str, needed: int, count: int, way: Any
) -> None:
    rows = proposed(agent, count, action=factories.action(service=service))

    def approval(person: Person) -> Any:
        return way(lambda turn: factories.approve(Decision.objects.get(seq=rows[turn].seq), person))

    answers = answered(
        count,
        # A page that another approval has made old is looked at again.
        until_not("stale-view", approval(manager)),
        until_not("stale-view", approval(second_manager)),
        until_not("not-open", way(lambda turn: factories.claim(rows[turn]))),
    )
    for *approvals, claimed in answers:
        given = sorted(one.first_seq for one in approvals if isinstance(one, Recorded))
        assert len(given) == needed
        if isinstance(claimed, Decision):
            assert (claimed.lease_seq or 0) > given[needed - 1]
        else:
            assert claimed.slug == "not-open"
    assert_sound()


def until_not(slug: str, runner: Callable[[int], Any]) -> Callable[[int], Any]:
    """`runner`, again a few times while it is refused for that."""

    def run(turn: int) -> Any:
        for _ in range(8):
            try:
                return runner(turn)
            except Problem as problem:
                if problem.slug != slug:
                    raise
        return runner(turn)

    return run


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_heartbeat_keeps_a_lease_or_is_told_that_it_is_over(agent: Agent, clock: Clock, count: int, way: Any) -> None:
    rows: dict[int, Decision] = {}

    def prepare(turn: int) -> None:
        rows[turn] = factories.claim(factories.propose(agent, action=WIKI))
        clock.advance(seconds=HALF.total_seconds())

    def beat(turn: int) -> Kept:
        row = rows[turn]
        assert row.lease_id is not None
        return keep_lease(row.lease_id, fencing=row.lease_seq or 0, agent=agent.id)

    def end(turn: int) -> int:
        # The clock moves at once, where the other must ask for the lock: give it a start of a few reads.
        for _ in range(turn % 6):
            ledger.size()
        clock.advance(seconds=HALF.total_seconds())
        return expire()

    for portion in portions(count):
        for turn, (kept, _) in zip(portion, in_turns(portion, prepare, way(beat), way(end)), strict=True):
            row, ends = rows[turn], rows[turn].lease_until
            over = Timeline.objects.filter(decision_seq=row.seq, kind=Kind.LEASE_EXPIRED).values_list("at", flat=True)
            assert ends is not None
            if isinstance(kept, Kept):
                assert (kept.stop_reason, kept.until) == (None, ends + HALF)
                assert all(at >= kept.until for at in over)
            else:
                assert (kept.status, kept.slug) == (410, "lease-over")
                assert list(over) == [ends]
    assert_sound()


# -- the same without the lock of the head row


ASK = (
    "UPDATE race_decision SET state = 'executing' WHERE id = %s AND state = 'authorized'"
    " AND NOT EXISTS (SELECT 1 FROM race_stop WHERE decision = %s)"
)
STOP = "INSERT INTO race_stop VALUES (%s)"
LOCK = "SELECT id FROM race_head FOR UPDATE"


@pytest.fixture
def bare_tables() -> Iterator[None]:
    """Decisions, stops and a head with nothing around them."""
    names = ("race_decision", "race_stop", "race_head")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE race_decision (id integer PRIMARY KEY, state text NOT NULL)")
        cursor.execute("CREATE TABLE race_stop (decision integer PRIMARY KEY)")
        cursor.execute("CREATE TABLE race_head (id integer PRIMARY KEY)")
        cursor.execute("INSERT INTO race_head VALUES (1)")
    yield
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TABLE {name}")


def granted_after_a_stop(count: int, *first: str) -> int:
    """How many claims were committed after the stop had been acknowledged, where each transaction begins with `first`."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO race_decision SELECT n, 'authorized' FROM generate_series(0, %s) n", [count - 1])

    def claim(turn: int) -> tuple[bool, float]:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in first:
                cursor.execute(statement)
            cursor.execute(ASK, [turn, turn])
            won = cursor.rowcount == 1
            time.sleep(0.002)
            # Nothing is committed before this.
            began = time.monotonic()
        return won, began

    def stop(turn: int) -> float:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in first:
                cursor.execute(statement)
            cursor.execute(STOP, [turn])
        return time.monotonic()

    return sum(won and began > acknowledged for (won, began), acknowledged in answered(count, claim, stop))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.usefixtures("bare_tables")
@pytest.mark.parametrize("count", [100, pytest.param(400, marks=pytest.mark.deep)])
def test_one_statement_that_looks_for_a_stop_is_not_enough(count: int) -> None:
    """A claim that looks and writes at once, under READ COMMITTED, is granted after stops that were acknowledged."""
    assert granted_after_a_stop(count) > 0


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.usefixtures("bare_tables")
@pytest.mark.parametrize("count", [100, pytest.param(400, marks=pytest.mark.deep)])
def test_with_the_head_locked_first_it_is(count: int) -> None:
    assert granted_after_a_stop(count, LOCK) == 0
