"""Events on their way from a request to the spine: the sender may go, what it sent does not."""

import threading

import pytest

from decisions import recording
from decisions.intake import cloudevents, events
from decisions.intake.receive import receive
from decisions.models import Agent, Decision
from tests.factories import event

pytestmark = pytest.mark.django_db(transaction=True)


def prepared(agent: Agent, count: int = 1) -> list[events.Prepared]:
    return events.prepare(agent.id, [cloudevents.read_event(event(), 65536) for _ in range(count)])


def test_the_answer_counts_what_was_sent(agent: Agent) -> None:
    batch = prepared(agent, 2)
    first = receive(batch, f"agent:{agent.id}").result(10)
    assert first == {"accepted": 2, "duplicates": 0, "first_seq": 17, "last_seq": 18}
    again = receive([batch[0], *prepared(agent)], f"agent:{agent.id}").result(10)
    assert again == {"accepted": 1, "duplicates": 1, "first_seq": 17, "last_seq": 19}


def test_a_sender_that_goes_leaves_its_event_and_harms_nobody(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    let_go = threading.Event()
    commit = recording._Batch.commit

    def held(self: recording._Batch, *, inline: bool = False) -> None:
        let_go.wait(10)
        commit(self, inline=inline)

    monkeypatch.setattr(recording._Batch, "commit", held)
    gone, stays = receive(prepared(agent), "agent:1"), receive(prepared(agent), "agent:1")
    assert gone.cancel()
    let_go.set()
    assert stays.result(10)["accepted"] == 1
    assert Decision.objects.count() == 2
    assert caplog.records == []
