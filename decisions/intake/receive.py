"""Hands events to the spine and says what became of them."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future

from decisions import register
from decisions.intake import assembly, events, seen
from decisions.intake.assembly import Assembled
from decisions.recording import Decide, Recorded, enqueue


def receive(prepared: Sequence[events.Prepared], principal: str) -> "Future[dict[str, int]]":
    """The counts of the answer, once every event is durable. Raises a 429 problem if too much is waiting.

    The future raises what the spine raises: 409 for a changed duplicate, 503 where nothing was stored.
    """
    return _counted(lambda moment: events.decide(prepared, moment), principal, keys_of(prepared), len(prepared))


def keys_of(prepared: Iterable[events.Prepared]) -> frozenset[str]:
    """The decisions that they speak of, which others may write, and the names by which those may have been seen before."""
    known = register.at_hand()
    keys = set()
    for item in prepared:
        keys.add(item.ref)
        if known is None or item.agent in known.watched:
            keys.add(seen.name_of(item.data.decision))
    return frozenset(keys)


def _counted(decide: Decide, principal: str, keys: frozenset[str] | None, sent: int) -> "Future[dict[str, int]]":
    answer: Future[dict[str, int]] = Future()

    def done(recorded: "Future[Recorded]") -> None:
        if not answer.set_running_or_notify_cancel():
            # The sender has gone; what it sent is recorded all the same, and a duplicate when it comes again.
            return
        error = recorded.exception()
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(counts(sent, recorded.result()))

    enqueue(decide, principal=principal, keys=keys, weight=sent).add_done_callback(done)
    return answer


def counts(events_sent: int, recorded: Recorded) -> dict[str, int]:
    """What the sender learns of its batch."""
    return {
        "accepted": events_sent - recorded.duplicates,
        "duplicates": recorded.duplicates,
        "first_seq": recorded.first_seq,
        "last_seq": recorded.last_seq,
    }


def receive_assembled(assembled: Assembled) -> "Future[dict[str, int]]":
    """As `receive`, for what foreign records say."""
    return _counted(
        lambda moment: assembly.decide(assembled, moment),
        assembled.sender.principal,
        keys_of(assembled.actions) if assembled.reads_little else None,
        assembled.weight,
    )
