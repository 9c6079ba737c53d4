"""The spine: what is recorded, what is refused, and what neighbours of a batch notice of each other."""

import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection

from decisions import hints, ledger, recording
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal, conflict, not_found
from decisions.models import Agent, Alarm, Decision
from decisions.models.ledger import EntryRow, Head
from decisions.moment import Moment
from decisions.recording import Recorded, record, record_all
from decisions.refusals import RefusalCap
from decisions.vocab import Kind
from tests import factories
from tests.conftest import Clock
from tests.factories import event, send

Decide = Callable[[Moment], Sequence[Draft]]
signal = "signal.received"


def draft(**over: Any) -> Draft:
    """An entry that no read model shows."""
    given: dict[str, Any] = {"kind": Kind.SIGNAL_RECEIVED, "actor": "system", "facts": {"kv": 1}}
    return Draft(**given | over)


def alarm(key: str = "silent:x", **over: Any) -> Draft:
    return draft(kind=Kind.ALARM_RAISED, facts={"kv": 1, "key": key, "alarm": "silent"}, **over)


def one(moment: Moment) -> list[Draft]:
    return [draft()]


def says(*drafts: Draft) -> Decide:
    def decide(moment: Moment) -> Sequence[Draft]:
        return drafts

    return decide


def refusing(moment: Moment) -> list[Draft]:
    raise Refusal(conflict("not-open", "It is over."), "7")


def kinds() -> list[str]:
    return list(EntryRow.objects.order_by("seq").values_list("kind", flat=True))


def commit(*decides: Decide, principal: str = "person:1") -> list[Any]:
    """Commit these as one batch, as the writer does; the answer or the exception of each."""
    jobs = [recording._Job(decide, principal, frozenset(), 1) for decide in decides]
    recording._Batch(jobs).commit()
    return [job.future.exception() or job.future.result() for job in jobs]


# -- inside an open transaction


@pytest.mark.django_db
def test_a_command_is_recorded_inline_in_an_open_transaction(clock: Clock) -> None:
    recorded = record(one, principal="person:1")
    assert (recorded.seqs, recorded.duplicates, recorded.at) == ((0,), 0, clock.at)
    assert (ledger.size(), kinds()) == (1, [signal])


@pytest.mark.django_db
def test_a_refusal_is_one_entry_and_its_problem(clock: Clock) -> None:
    with pytest.raises(Problem, match="not-open"):
        record(refusing, principal="person:1")
    [entry] = ledger.entries(0, 0)
    assert (entry.kind, entry.actor) == (Kind.ATTEMPT_REFUSED, "person:1")
    assert entry.facts == {"kv": 1, "problem": "not-open", "subject": "7"}


@pytest.mark.django_db
def test_refusals_of_one_principal_are_recorded_at_a_limited_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording._refusals, "most", 3)
    for principal in ["person:1"] * 5 + ["person:2"]:
        with pytest.raises(Problem, match="not-open"):
            record(refusing, principal=principal)
    assert [entry.actor for entry in ledger.entries(0, ledger.size() - 1)] == ["person:1"] * 3 + ["person:2"]


def test_the_rate_of_refusals_is_counted_by_the_minute() -> None:
    cap = RefusalCap(recording.REFUSALS_PER_MINUTE)
    assert [cap.allow("a", 60.0) for _ in range(61)] == [True] * 60 + [False]
    assert cap.allow("b", 60.0)
    assert cap.allow("a", 120.0)


@pytest.mark.django_db
@pytest.mark.parametrize("error", [not_found("decision"), Problem(412, "stale-view", "Stale"), ValueError("ours")])
def test_a_problem_or_a_fault_writes_nothing(error: Exception) -> None:
    def decide(moment: Moment) -> list[Draft]:
        raise error

    with pytest.raises(type(error)):
        record(decide, principal="person:1")
    assert ledger.size() == 0


@pytest.mark.django_db
def test_nothing_to_record_is_no_error() -> None:
    assert record(says(), principal="person:1").seqs == ()
    assert ledger.size() == 0


@pytest.mark.django_db
def test_time_in_the_ledger_never_runs_backwards(clock: Clock) -> None:
    before = record(one, principal="system").at
    clock.advance(hours=-2)
    assert record(one, principal="system").at == before
    clock.advance(hours=3)
    assert record(one, principal="system").at == before + timedelta(hours=1)


# -- duplicates


@pytest.mark.django_db
def test_the_same_event_again_is_the_same_entry(agent: Agent) -> None:
    sent = event()
    first, again = send(agent, sent), send(agent, sent)
    assert (again.seqs, again.duplicates) == (first.seqs, 1)
    assert Decision.objects.get().version == 1


@pytest.mark.django_db
def test_copies_in_one_request_count_each(agent: Agent) -> None:
    sent, other = event(), event()
    recorded = send(agent, sent, sent, other, sent)
    first = recorded.first_seq
    assert (recorded.seqs, recorded.duplicates) == ((first, first, first + 1, first), 2)


@pytest.mark.django_db
def test_a_changed_event_under_a_known_id_is_refused_whole_and_names_its_place(agent: Agent) -> None:
    sent = event(action=factories.action(service="orphan"))
    send(agent, sent)
    size = ledger.size()
    # The first of the batch brings an alarm with it: what follows an event is not counted in its place.
    batch = [event(action=factories.action(service="nobody's")), event(), {**sent, "time": "2026-11-22T03:00:00Z"}]
    with pytest.raises(Problem) as caught:
        send(agent, *batch)
    assert (caught.value.status, caught.value.slug, caught.value.extra["index"]) == (409, "changed-duplicate", 2)
    assert ledger.size() == size


@pytest.mark.django_db
def test_another_agent_may_use_the_same_id(organisation: factories.Register) -> None:
    sent = event()
    one_agent, other = organisation.agents.values()
    assert send(one_agent, sent).seqs != send(other, sent).seqs
    assert Decision.objects.count() == 2


@pytest.mark.django_db
def test_what_follows_a_duplicate_is_dropped_with_it(agent: Agent) -> None:
    sent = event("proposed", action=factories.action(service="orphan"))
    send(agent, sent)
    size = ledger.size()
    assert kinds()[-3:] == ["action.proposed", "decision.held", "alarm.raised"]
    Alarm.objects.update(state="cleared")
    send(agent, sent)
    assert ledger.size() == size


@pytest.mark.django_db
def test_a_duplicate_whose_disclosure_was_erased_is_still_a_duplicate(agent: Agent) -> None:
    sent = event()
    seq = send(agent, sent).first_seq
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM disclosure WHERE seq = %s", [seq])
    assert send(agent, {**sent, "time": "2026-11-22T03:00:00Z"}).duplicates == 1


@pytest.mark.django_db
def test_an_alarm_is_raised_only_while_none_of_its_key_is_open() -> None:
    for _ in range(3):
        record(says(alarm(), alarm(), alarm("silent:y")), principal="system")
    assert Alarm.objects.count() == 2
    cleared = draft(kind=Kind.ALARM_CLEARED, facts={"kv": 1, "key": "silent:x", "alarm": "silent"})
    record(says(cleared), principal="system")
    record(says(alarm()), principal="system")
    assert sorted(Alarm.objects.filter(key="silent:x").values_list("state", flat=True)) == ["cleared", "open"]


# -- batches


@pytest.mark.django_db(transaction=True)
def test_a_refusal_never_rolls_back_its_neighbours() -> None:
    def broken(moment: Moment) -> list[Draft]:
        raise ValueError("ours")

    def absent(moment: Moment) -> list[Draft]:
        raise not_found("decision")

    first, refused, fault, missing, last = commit(one, refusing, broken, absent, one)
    assert isinstance(first, Recorded)
    assert isinstance(last, Recorded)
    assert (first.seqs, last.seqs) == ((0,), (2,))
    assert [getattr(refused, "slug", ""), getattr(missing, "slug", "")] == ["not-open", "not-found"]
    assert isinstance(fault, ValueError)
    assert kinds() == [signal, "attempt.refused", signal]


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_cannot_be_sealed_takes_its_siblings_with_it_and_nobody_else() -> None:
    first, bad, last = commit(one, says(draft(), draft(facts={"kv": 1.5}), draft()), one)
    assert (first.seqs, last.seqs) == ((0,), (1,))
    assert "float" in str(bad)


@pytest.mark.django_db(transaction=True)
def test_a_command_that_the_database_cannot_take_does_not_harm_its_neighbours() -> None:
    def poisoned(moment: Moment) -> list[Draft]:
        raise DataError("a value that the database cannot hold")

    first, bad, last = commit(one, poisoned, one)
    assert (first.seqs, last.seqs) == ((0,), (1,))
    assert isinstance(bad, DataError)


@pytest.mark.django_db(transaction=True)
def test_without_a_database_nobody_is_told_that_anything_was_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(head: Any, *, before: int) -> None:
        raise OperationalError("the connection is gone")

    monkeypatch.setattr(ledger, "store_head", gone)
    answers = commit(one, refusing)
    assert [(answer.status, answer.slug) for answer in answers] == [(503, "not-stored")] * 2
    assert ledger.size() == 0
    assert EntryRow.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_commands_of_one_batch_see_what_those_before_them_did() -> None:
    seen: list[int] = []

    def looks(moment: Moment) -> list[Draft]:
        seen.append(EntryRow.objects.count())
        return [draft()]

    jobs = [recording._Job(looks, "system", None, 1) for _ in range(3)]
    recording._Batch(jobs).commit()
    assert seen == [0, 1, 2]


@pytest.mark.django_db(transaction=True)
def test_events_of_one_decision_see_each_other_in_one_batch(agent: Agent) -> None:
    known: list[bool] = []

    def told(moment: Moment) -> list[Draft]:
        known.append(moment.decision("k") is not None)
        facts = {"kv": 1, "decision": str(uuid.uuid4()), "ref": "k", "agent": str(agent.id), "outcome": "failed"}
        facts |= {"state": None, "lease": None}
        return [draft(kind=Kind.OUTCOME_REPORTED, facts=facts)]

    jobs = [recording._Job(told, "system", frozenset({"k"}), 1) for _ in range(2)]
    recording._Batch(jobs).commit()
    assert known == [False, True]
    assert Decision.objects.get().version == 2


@pytest.mark.django_db
def test_a_moment_finds_a_decision_that_was_not_announced(agent: Agent) -> None:
    send(agent, event(decision="rb-1"))
    ref = factories.decision(agent, "rb-1").ref_key
    found: list[Any] = []

    def looks(moment: Moment) -> list[Draft]:
        found.append(moment.decision(ref))
        return []

    record(looks, principal="system")
    assert found[0].ref_key == ref


@pytest.mark.django_db(transaction=True)
def test_the_writer_itself_may_not_record(caplog: pytest.LogCaptureFixture) -> None:
    def nested(moment: Moment) -> list[Draft]:
        connection.in_atomic_block = False
        try:
            record(one, principal="system")
        finally:
            connection.in_atomic_block = True
        return []

    with pytest.raises(RuntimeError, match="writer thread itself"):
        record(nested, principal="system")


@pytest.mark.django_db
def test_a_head_whose_frontier_is_not_that_of_its_root_takes_nothing_more() -> None:
    record(one, principal="system")
    Head.objects.update(frontier=bytes(32))
    with pytest.raises(Problem) as told:
        record(one, principal="system")
    assert (told.value.status, told.value.slug) == (503, "ledger-disagreement")


# -- through the writer thread


@pytest.mark.django_db(transaction=True)
def test_what_many_threads_record_at_once_is_numbered_without_a_gap() -> None:
    seqs: list[int] = []
    told: list[int] = []
    hints.listen(told.append)

    def work() -> None:
        for _ in range(20):
            seqs.extend(record_all(one, principal="system", keys=[], weight=1).seqs)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A caller is answered before the readers are told: the writer has told them when it has ended.
    recording.stop()
    hints._listeners.remove(told.append)
    assert sorted(seqs) == list(range(320))
    assert list(EntryRow.objects.order_by("seq").values_list("seq", flat=True)) == list(range(320))
    assert ledger.size() == 320
    assert 320 in told


@pytest.mark.django_db(transaction=True)
def test_it_goes_on_after_a_batch_that_failed() -> None:
    def fails(moment: Moment) -> list[Draft]:
        raise OperationalError("the connection is gone")

    for _ in range(2):
        with pytest.raises(Problem, match="not-stored"):
            record(fails, principal="system")
        assert record(one, principal="system").seqs
    assert ledger.size() == 2
