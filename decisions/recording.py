"""The spine: the only way to change domain state.

`record(decide)` runs `decide` under the head lock, appends what it returns and applies it to the read models, all in
one transaction. One writer thread a process commits what concurrent callers ask for as one batch (group commit); a
refusal never rolls back its neighbours. Inside an open `atomic` block (tests, shell) it runs inline. It must not do
I/O but to the database while it holds the lock.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from decisions import clock, hints, ledger, projections
from decisions.envelope import Draft, Sealed, open_entry, seal
from decisions.errors import Problem, Refusal, conflict
from decisions.models import Alarm, Decision
from decisions.vocab import Kind

log = logging.getLogger(__name__)

BATCH_ENTRIES = 4096
BATCH_WAIT = 0.002
QUEUE_LENGTH = 10_000
CONFIGURES = frozenset({Kind.REGISTER_CHANGED, Kind.POLICY_ACTIVATED})
REFUSALS_PER_MINUTE = 60
"""How many refused attempts of one principal are recorded in a minute; the rest are refused all the same."""


@dataclass
class Moment:
    """What a decide function may know besides its own reads: it runs under the head lock at this moment."""

    now: datetime
    config: str
    _keys: frozenset[str] = frozenset()
    _known: dict[str, Decision] | None = None
    _alarms: set[str] | None = None

    def decision(self, ref_key: str) -> Decision | None:
        """The decision that `ref_key` names; one query serves every key announced by the batch."""
        if self._known is None:
            self._known = projections.decisions_by_ref(self._keys)
        return self._known.get(ref_key)

    def alarm_is_open(self, key: str) -> bool:
        if self._alarms is None:
            self._alarms = set(Alarm.objects.exclude(state="cleared").values_list("key", flat=True))
        return key in self._alarms


Decide = Callable[[Moment], Sequence[Draft]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a command's drafts: the seqs they have, and how many of them were there already."""

    seqs: tuple[int, ...]
    duplicates: int
    at: datetime

    @property
    def first_seq(self) -> int:
        return min(self.seqs)

    @property
    def last_seq(self) -> int:
        return max(self.seqs)


@dataclass
class _Job:
    decide: Decide
    principal: str
    keys: frozenset[str] | None
    """The decisions it speaks of, where that is all it reads; None if it may read anything."""
    weight: int
    future: "Future[Recorded]" = field(default_factory=Future)


def record(decide: Decide, *, principal: str) -> Recorded:
    """Run `decide` under the head lock and commit what it returns. Returns after the commit: it is durable.

    `decide` only reads, and raises Refusal when the state forbids the command; the refusal is then recorded as
    `attempt.refused` of `principal` and its problem raised here. Any Problem it raises is raised here, with nothing
    written. A draft whose `once` differs from that of an existing entry raises a 409 problem.
    """
    return _submit(_Job(decide, principal, None, 1))


def record_all(decide: Decide, *, principal: str, keys: Iterable[str], weight: int) -> Recorded:
    """As `record`, for events that read no more than the decisions named by `keys`: many are committed as one batch.

    `weight` is about how many entries it will make.
    """
    return _submit(_Job(decide, principal, frozenset(keys), weight))


def enqueue(decide: Decide, *, principal: str, keys: Iterable[str], weight: int) -> "Future[Recorded]":
    """As `record_all`, without waiting: the future ends when the entries are durable. Raises a 429 problem if full."""
    job = _Job(decide, principal, frozenset(keys), weight)
    _writer.put(job)
    return job.future


def _submit(job: _Job) -> Recorded:
    if connection.in_atomic_block:
        _Batch([job]).commit(inline=True)
    elif threading.current_thread() is _writer.thread:
        raise RuntimeError("record() called by the writer thread itself")
    else:
        _writer.put(job)
    return job.future.result()


class _Batch:
    """One transaction: jobs in order, each seeing what the ones before it did."""

    def __init__(self, jobs: list[_Job]) -> None:
        self.jobs = jobs
        self.answers: list[tuple[_Job, Recorded | BaseException]] = []
        self.pending: list[tuple[int, Sealed]] = []
        self.pending_keys: set[str] = set()
        self.seen: dict[object, tuple[int, str]] = {}
        self.alarms: set[str] = set()
        self.keys = frozenset().union(*(job.keys for job in jobs if job.keys is not None))

    def commit(self, *, inline: bool = False) -> None:
        """Commit the batch and answer its jobs. An error of the database itself is answered to all of them."""
        try:
            with transaction.atomic():
                self._run()
        except BaseException as error:
            # A caller whose job was refused still gets its refusal; every other one learns that nothing is stored.
            for job in self.jobs:
                _answer(job, _unavailable(error) if isinstance(error, DatabaseError) else error)
            if inline or not isinstance(error, Exception):
                raise
            log.exception("a batch of %d commands was not stored", len(self.jobs))
            connection.close()
            return
        if inline:
            transaction.on_commit(lambda: hints.advanced(self.head.size))
        for job, answer in self.answers:
            _answer(job, answer)
        if not inline and self.head.size != self.before:
            hints.advanced(self.head.size)

    def _run(self) -> None:
        self.head = ledger.open_head()
        self.before = self.head.size
        self.moment = self._moment()
        for job in self.jobs:
            if job.keys is None or job.keys & self.pending_keys:
                self._flush()
            try:
                drafts = list(job.decide(self.moment))
                recorded = self._take(job, drafts)
            except Refusal as refusal:
                self._refuse(job, refusal)
                self.answers.append((job, refusal.problem))
            except Problem as problem:
                self.answers.append((job, problem))
            except DatabaseError:
                raise
            except Exception as error:
                # A decide function only reads: what it got wrong is its caller's to hear, not its neighbours'.
                log.exception("a command failed")
                self.answers.append((job, error))
            else:
                self.answers.append((job, recorded))
            if job.keys is None:
                self._flush()
            else:
                self.pending_keys |= job.keys
        self._flush()
        if self.head.size != self.before:
            ledger.store_head(self.head, before=self.before)

    def _moment(self) -> Moment:
        # max(): time in the ledger never runs backwards, whatever the machine's clock does.
        now = max(clock.now(), self.head.at)
        return Moment(now, self.head.config, self.keys)

    def _take(self, job: _Job, drafts: list[Draft]) -> Recorded:
        """Give each draft its seq, or that of the entry it repeats. All or nothing."""
        known = self._known(drafts)
        seqs: list[int] = []
        fresh: list[Draft] = []
        mine: dict[object, tuple[int, str]] = {}
        dropped: set[object] = set()
        alarms: set[str] = set()
        first = self.head.size + len(self.pending)
        for index, draft in enumerate(drafts):
            earlier = mine.get(draft.id) or self.seen.get(draft.id) or known.get(draft.id) if draft.once else None
            if earlier is not None:
                if earlier[1] not in (draft.once, ""):
                    raise _changed_duplicate(index, earlier[0])
                seqs.append(earlier[0])
                dropped.add(draft.id)
                continue
            if draft.follows in dropped or not self._alarm_is_new(draft, alarms):
                continue
            if draft.once:
                mine[draft.id] = (first + len(fresh), draft.once)
            if draft.follows is None:
                seqs.append(first + len(fresh))
            fresh.append(draft)
        self._seal(first, fresh)
        self.seen.update(mine)
        self.alarms |= alarms
        return Recorded(tuple(seqs), len(dropped), self.moment.now)

    def _alarm_is_new(self, draft: Draft, alarms: set[str]) -> bool:
        """Whether `draft` may stay: an alarm is raised only while none of its key is open."""
        if draft.kind is not Kind.ALARM_RAISED:
            return True
        key = draft.facts["key"]
        if key in alarms or key in self.alarms or self.moment.alarm_is_open(key):
            return False
        alarms.add(key)
        return True

    def _known(self, drafts: list[Draft]) -> dict[object, tuple[int, str]]:
        """id → (seq, once) of the drafts that are in the ledger already."""
        found = ledger.seqs_of(draft.id for draft in drafts if draft.once)
        if not found:
            return {}
        texts = ledger.texts_of(found.values(), "event")
        return {
            id_: (seq, json.loads(texts[seq]["event"])[2]["sha256"] if seq in texts else "")
            for id_, seq in found.items()
        }

    def _seal(self, first: int, drafts: list[Draft]) -> None:
        for offset, draft in enumerate(drafts):
            sealed = seal(draft, log=settings.LOG_ORIGIN, at=self.moment.now)
            self.pending.append((first + offset, sealed))
            if draft.kind in CONFIGURES:
                self.head.config = str(draft.id)

    def _refuse(self, job: _Job, refusal: Refusal) -> None:
        if _refusals.allow(job.principal, time.monotonic()):
            facts = {"kv": 1, "problem": refusal.problem.slug, "subject": refusal.subject}
            self._seal(self.head.size + len(self.pending), [Draft(Kind.ATTEMPT_REFUSED, job.principal, facts)])

    def _flush(self) -> None:
        """Append what is pending and apply it, so that the next decide reads it."""
        if not self.pending:
            return
        ledger.append(self.head, [sealed for _, sealed in self.pending])
        opened = [
            open_entry(seq, sealed.body, (text for _, text in sealed.disclosures)) for seq, sealed in self.pending
        ]
        projections.apply(opened)
        self.head.at = self.moment.now
        self.pending.clear()
        self.pending_keys.clear()
        self.alarms.clear()
        self.moment = self._moment()


def _changed_duplicate(index: int, seq: int) -> Problem:
    return conflict(
        "changed-duplicate",
        "An event with this source and id was recorded before with another body; send a changed event under a new id.",
        index=index,
        seq=seq,
    )


def _answer(job: _Job, answer: Recorded | BaseException) -> None:
    if job.future.done():
        return
    if isinstance(answer, BaseException):
        job.future.set_exception(answer)
    else:
        job.future.set_result(answer)


def _unavailable(error: BaseException) -> Problem:
    problem = Problem(
        503,
        "not-stored",
        "Nothing was stored",
        "The database did not take the request. Send it again, unchanged, in a moment.",
        {"retryable": True},
    )
    problem.__cause__ = error
    return problem


class _RefusalCap:
    """At most so many recorded refusals a principal and minute, so that a loop of refusals cannot fill the ledger."""

    def __init__(self) -> None:
        self.minute = 0
        self.counts: dict[str, int] = {}

    def allow(self, principal: str, monotonic: float) -> bool:
        minute = int(monotonic // 60)
        if minute != self.minute:
            self.minute, self.counts = minute, {}
        self.counts[principal] = self.counts.get(principal, 0) + 1
        return self.counts[principal] <= REFUSALS_PER_MINUTE


_refusals = _RefusalCap()


class _Writer:
    """The writer thread of this process; it starts with the first command."""

    def __init__(self) -> None:
        self.queue: queue.Queue[_Job] = queue.Queue(QUEUE_LENGTH)
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()

    def put(self, job: _Job) -> None:
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._run, name="spine-writer", daemon=True)
                self.thread.start()
        try:
            self.queue.put_nowait(job)
        except queue.Full:
            raise Problem(
                429,
                "queue-full",
                "Too much at once",
                "More is waiting than can be stored in a second. Send it again after the time in Retry-After.",
                {"retryable": True, "retry_after_s": 1},
            ) from None

    def _run(self) -> None:
        while True:
            _Batch(self._gather()).commit()

    def _gather(self) -> list[_Job]:
        jobs = [self.queue.get()]
        weight, until = jobs[0].weight, time.monotonic() + BATCH_WAIT
        while weight < BATCH_ENTRIES:
            # An empty queue means that nobody is waiting behind us: commit at once rather than sit out the wait.
            if self.queue.empty() and len(jobs) == 1:
                break
            try:
                job = self.queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            jobs.append(job)
            weight += job.weight
        return jobs


_writer = _Writer()



def waiting() -> int:
    """How many commands wait for this process's writer."""
    return _writer.queue.qsize()
