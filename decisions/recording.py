"""The spine: the only way to change domain state.

`record(decide)` runs `decide` under the head lock, appends what it returns and applies it to the read models, all in
one transaction. One writer thread a process commits what concurrent callers ask for as one batch (group commit); a
refusal never rolls back its neighbours. Inside an open `atomic` block (tests, shell) it runs inline. It must not do
I/O but to the database while it holds the lock.
"""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from decisions import clock, guard_file, hints, ledger, marks, projections, redaction, restored
from decisions.envelope import Draft, Sealed, as_entry, seal
from decisions.errors import Problem, Refusal, changed_duplicate, ledger_disagreement, not_stored
from decisions.models.bulk import writing
from decisions.moment import AfterOthersError, Moment
from decisions.refusals import RefusalCap
from decisions.vocab import Kind
from decisions.writer import Writer

log = logging.getLogger(__name__)
REFUSALS_PER_MINUTE = 60
"""How many refused attempts of one principal are recorded in a minute; the rest are refused all the same."""


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
    """Names of all it reads that such jobs write, first of all the decisions it speaks of; None if it may read anything."""
    weight: int
    screened: bool = False
    """Whether secrets were taken out of what it will disclose: of events, before the lock."""
    urgent: bool = False
    though_halted: bool = False
    future: "Future[Recorded]" = field(default_factory=Future)


def record(
    decide: Decide,
    *,
    principal: str,
    keys: frozenset[str] | None = None,
    urgent: bool = False,
    though_halted: bool = False,
) -> Recorded:
    """Run `decide` under the head lock and commit what it returns. Returns after the commit: it is durable.

    `decide` only reads, and raises Refusal when the state forbids the command: that is recorded as `attempt.refused` of
    `principal` and its problem raised here. Any Problem it raises is raised here, with nothing written; 409 for a draft
    whose `once` differs from that of an existing entry. `keys` name all that it reads of what others with keys write,
    decisions by their key: what waits and has no name in common is written together. What is `urgent`, what stops or
    undoes an act, goes before what else waits and is never refused because too much does. While the ledger disagrees with
    what was signed, raises a 503 problem; `though_halted` is for what ends that.
    """
    return _submit(_Job(decide, principal, keys, 1, urgent=urgent, though_halted=though_halted)).result()


def record_soon(decide: Decide, *, principal: str, keys: frozenset[str]) -> "Future[Recorded]":
    """As `record`, without waiting: the future ends as `record` does. Raises a 429 problem if too much is waiting."""
    return _submit(_Job(decide, principal, keys, 1))


def record_all(decide: Decide, *, principal: str, keys: Iterable[str] | None, weight: int) -> Recorded:
    """As `record`, for events that read no more than the decisions named by `keys`: many are committed as one batch.

    `weight` is about how many entries it will make. Without `keys` it may read anything, and is decided alone.
    """
    return _submit(_job(decide, principal, keys, weight)).result()


def enqueue(decide: Decide, *, principal: str, keys: Iterable[str] | None, weight: int) -> "Future[Recorded]":
    """As `record_all`, without waiting: the future ends when the entries are durable. Raises a 429 problem if full."""
    job = _job(decide, principal, keys, weight)
    _writer.put(job)
    return job.future


def _job(decide: Decide, principal: str, keys: Iterable[str] | None, weight: int) -> _Job:
    return _Job(decide, principal, None if keys is None else frozenset(keys), weight, screened=True)


def check() -> None:
    """Record what follows if the database is not the one last written. Every writing process begins with it."""
    record(lambda _: [], principal="system", though_halted=True)


def stop() -> None:
    """Commit what is queued, end the writer thread and close its connection. The next command starts it again."""
    _writer.stop()


def _submit(job: _Job) -> "Future[Recorded]":
    if connection.in_atomic_block:
        _Batch([job]).commit(inline=True)
    elif threading.current_thread() is _writer.thread:
        raise RuntimeError("record() called by the writer thread itself")
    else:
        _writer.put(job)
    return job.future


class _Batch:
    """One transaction: jobs in order, each seeing what the ones before it did."""

    def __init__(self, jobs: list[_Job]) -> None:
        self.jobs = jobs
        self.answers: list[tuple[_Job, Recorded | BaseException]] = []
        self.pending: list[tuple[Draft, Sealed]] = []
        self.seen: dict[object, tuple[int, str]] = {}
        self.alarms: set[str] = set()
        self.keys = frozenset().union(*(job.keys for job in jobs if job.keys is not None))

    def commit(self, *, inline: bool = False) -> None:
        """Commit the batch and answer its jobs; inline, an error of the database is raised as it is.

        What the database did not store it stored of no job. A batch that one job made fail is committed again job by
        job, so that its neighbours do not suffer for it.
        """
        try:
            with writing():
                self._run()
        except BaseException as error:
            if inline:
                raise
            absent = isinstance(error, OperationalError | InterfaceError)
            log.exception("a batch of %d commands was not stored", len(self.jobs))
            connection.close()
            if len(self.jobs) > 1 and isinstance(error, Exception) and not absent:
                for job in self.jobs:
                    _Batch([job]).commit()
                return
            for job in self.jobs:
                _answer(job, not_stored(error) if absent else error)
            if not isinstance(error, Exception):
                raise
            return
        if inline:
            transaction.on_commit(self._committed)
        else:
            self._committed()
        for job, answer in self.answers:
            _answer(job, answer)

    def _committed(self) -> None:
        """Note what is durable outside the database, before anybody is answered."""
        if self.head.size == self.before:
            return
        try:
            guard_file.keep(self.head)
        except OSError:
            # It is stored and must be answered so; only a backup as young as this would not be told from it.
            log.exception("the guard file could not be kept; see docs/operations.md")
        with contextlib.suppress(Exception):
            # A reader that is not told finds out by itself; the writer must outlive it.
            hints.advanced(self.head.size)

    def _run(self) -> None:
        self.head = ledger.open_head()
        self.before = self.head.size
        self.moment = self._moment()
        self._void_what_was_restored()
        for wave in self._waves():
            left = wave
            while left:
                left = self._run_wave(left)
                self._flush()
                if left:
                    # Also where nothing was written: who is left may not be sent away again.
                    self.moment = self._moment()
        if self.head.size != self.before:
            ledger.store_head(self.head, before=self.before)

    def _void_what_was_restored(self) -> None:
        """Where the database is not the one last written, the first thing recorded is that nothing old is claimable."""
        why = guard_file.disagreement(self.head)
        if not why:
            return
        log.error("the database is not the one that was last written: %s; everything is stopped", why)
        self.head.restored = True
        self._take(restored.drafts(why, since=self.head.at), {})
        self._flush()

    def _waves(self) -> Iterator[list[_Job]]:
        """The jobs in order, cut where one may read what an earlier one writes: before it, that must be applied."""
        wave: list[_Job] = []
        keys: set[str] = set()
        for job in self.jobs:
            if wave and (job.keys is None or wave[-1].keys is None or job.keys & keys):
                yield wave
                wave, keys = [], set()
            wave.append(job)
            keys |= job.keys or frozenset()
        yield wave

    def _run_wave(self, wave: list[_Job]) -> list[_Job]:
        """Decide each job, then look once for what all of them repeat, then give each its seqs.

        Returns those from the first on that found that it reads what an earlier one writes: before them, that must be applied.
        """
        decided: list[tuple[_Job, list[Draft] | Exception]] = []
        for job in wave:
            try:
                decide = job.decide if job.though_halted or not self.head.halted else _halted
                made = decide(self.moment)
                decided.append((job, list(made if job.screened else map(_without_secrets, made))))
            except DatabaseError:
                raise
            except AfterOthersError:
                break
            except Exception as error:  # noqa: BLE001
                # A decide function only reads: what it got wrong is its caller's to hear, not its neighbours'.
                decided.append((job, error))
        known = self._known(draft for _, drafts in decided if isinstance(drafts, list) for draft in drafts)
        for job, drafts in decided:
            self.answers.append((job, self._answer_of(job, drafts, known)))
        return wave[len(decided) :]

    def _answer_of(
        self, job: _Job, drafts: list[Draft] | Exception, known: dict[object, tuple[int, str]]
    ) -> Recorded | Exception:
        """What `job` is told; a refusal becomes an entry of its own."""
        if isinstance(drafts, list):
            try:
                return self._take(drafts, known)
            except Exception as error:  # noqa: BLE001 - as for decide: its caller's to hear
                failed: Exception = error
        else:
            failed = drafts
        if isinstance(failed, Refusal):
            self._refuse(job, failed)
            return failed.problem
        if not isinstance(failed, Problem):
            log.error("a command failed", exc_info=failed)
        return failed

    def _moment(self) -> Moment:
        # max(): time in the ledger never runs backwards, whatever the machine's clock does.
        now = max(clock.now(), self.head.at)
        return Moment(now, self.head.config, self.head.size, self.keys)

    def _take(self, drafts: list[Draft], known: dict[object, tuple[int, str]]) -> Recorded:
        """Give each draft its seq, or that of the entry it repeats. All or nothing."""
        seqs: list[int] = []
        fresh: list[Draft] = []
        mine: dict[object, tuple[int, str]] = {}
        dropped: set[object] = set()
        duplicates = 0
        alarms: set[str] = set()
        first = self.head.size + len(self.pending)
        for draft in drafts:
            earlier = mine.get(draft.id) or self.seen.get(draft.id) or known.get(draft.id) if draft.once else None
            if earlier is not None:
                if earlier[1] not in (draft.once, ""):
                    # len(seqs) is the place among the caller's own events: followers have no seq in the answer.
                    raise changed_duplicate(len(seqs), earlier[0])
                seqs.append(earlier[0])
                dropped.add(draft.id)
                duplicates += 1
                continue
            if draft.follows in dropped or not self._alarm_is_new(draft, alarms):
                continue
            if draft.once:
                mine[draft.id] = (first + len(fresh), draft.once)
            if draft.follows is None:
                seqs.append(first + len(fresh))
            fresh.append(draft)
        self._seal(fresh)
        self.seen.update(mine)
        self.alarms |= alarms
        return Recorded(tuple(seqs), duplicates, self.moment.now)

    def _alarm_is_new(self, draft: Draft, alarms: set[str]) -> bool:
        """Whether `draft` may stay: an alarm is raised only while none of its key is open."""
        if draft.kind is not Kind.ALARM_RAISED:
            return True
        key = draft.facts["key"]
        if key in alarms or key in self.alarms or self.moment.alarm_is_open(key):
            return False
        alarms.add(key)
        return True

    def _known(self, drafts: Iterable[Draft]) -> dict[object, tuple[int, str]]:
        """id → (seq, once) of the drafts that are in the ledger already."""
        found = ledger.seqs_of(draft.id for draft in drafts if draft.once)
        if not found:
            return {}
        texts = ledger.texts_of(found.values(), "event")
        return {
            id_: (seq, json.loads(texts[seq]["event"])[2]["sha256"] if seq in texts else "")
            for id_, seq in found.items()
        }

    def _seal(self, drafts: list[Draft]) -> None:
        # All are sealed before one is pending: a draft that cannot be sealed takes its siblings with it.
        sealed = [
            seal(draft, log=marks.name_in(self.head, draft.kind, draft.facts), at=self.moment.now) for draft in drafts
        ]
        self.pending += zip(drafts, sealed, strict=True)
        for draft in drafts:
            marks.leave(self.head, draft.kind, draft.id, draft.facts)

    def _refuse(self, job: _Job, refusal: Refusal) -> None:
        if _refusals.allow(job.principal, time.monotonic()):
            facts = {"kv": 1, "problem": refusal.problem.slug, "subject": refusal.subject}
            self._seal([Draft(Kind.ATTEMPT_REFUSED, job.principal, facts)])

    def _flush(self) -> None:
        """Append what is pending and apply it, so that the next decide reads it."""
        if not self.pending:
            return
        first = self.head.size
        ledger.append(self.head, [sealed for _, sealed in self.pending])
        projections.apply([as_entry(draft, seq, self.moment.now) for seq, (draft, _) in enumerate(self.pending, first)])
        self.head.at = self.moment.now
        self.pending.clear()
        self.alarms.clear()
        self.moment = self._moment()


def _without_secrets(draft: Draft) -> Draft:
    disclosed, once = redaction.cleaned(draft.disclosed, draft.once, settings.KEY_PEPPER.encode())
    return draft if disclosed is draft.disclosed else replace(draft, disclosed=disclosed, once=once)


def _halted(moment: Moment) -> Sequence[Draft]:
    raise ledger_disagreement()


def _answer(job: _Job, answer: Recorded | BaseException) -> None:
    if job.future.done():
        return
    if isinstance(answer, BaseException):
        job.future.set_exception(answer)
    else:
        job.future.set_result(answer)


_refusals = RefusalCap(REFUSALS_PER_MINUTE)


_writer: Writer[_Job] = Writer(lambda jobs: _Batch(jobs).commit())


def waiting() -> int:
    """How many commands wait for this process's writer."""
    return _writer.waiting()
