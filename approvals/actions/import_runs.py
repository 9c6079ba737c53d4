"""Import recorded runs of one agent: marked as replayed on every page, ruled by the policy and register of now."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO
from uuid import UUID

from approvals import access
from approvals.actions.import_recordings import import_recordings, imported
from decisions import register
from decisions.canonical import NotStrictError, parse
from decisions.envelope import Draft
from decisions.errors import Problem, bad_request
from decisions.intake import assembly
from decisions.intake.assembly import Assembled, Sender
from decisions.intake.reading import Reading, Says
from decisions.models import Agent
from decisions.moment import Moment
from decisions.recording import record

BATCH = 500
SYSTEM = "runs"
Progress = Callable[["Imported"], None]


@dataclass(slots=True)
class Imported:
    """What was read so far, and what of it was new."""

    actions: int = 0
    looks: int = 0
    new: int = 0
    """Entries that were not there before; in a dry run none."""
    episodes: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    """What was acted on that the register does not know, by its nearest name."""

    def count(self, readings: Iterable[Reading], known: register.Register) -> None:
        for reading in readings:
            if reading.says is Says.LOOK:
                self.looks += 1
                continue
            self.actions += 1
            self.episodes.add(reading.episode)
            self.kinds[reading.kind] += 1
            self.outcomes[str(reading.outcome or "not told")] += 1
            if not known.service_named(reading.targets):
                self.unknown[reading.targets[0] if reading.targets else "nothing that it names"] += 1


def import_run(
    readings: Iterable[Reading],
    *,
    agent: str,
    source: str,
    actor: UUID | None,
    dry_run: bool = False,
    progress: Progress | None = None,
    so_far: Imported | None = None,
) -> Imported:
    """Record what a run did, in order; importing it again changes nothing. With `dry_run` it is read and counted alone.

    Raises a Problem: 403, 422 for an unknown agent, 400 or 415 where the run cannot be read further; what came before
    stays.
    """
    known = register.latest()
    if actor is not None and not access.may(known, actor, access.ADMINISTERS):
        raise Problem(403, "role", "Not permitted", "Only an administrator imports runs.")
    whose = Agent.objects.filter(slug=agent).first()
    if whose is None:
        raise Problem(422, "unknown-agent", "There is no such agent", f"{agent} is not in the register.")
    done, rest = so_far or Imported(), iter(readings)
    while batch := list(islice(rest, BATCH)):
        done.count(batch, known)
        assembled = assembly.prepare(Sender(f"agent:{whose.id}", SYSTEM, whose.id), batch, known)
        if not dry_run:
            done.new += _import(assembled, whose.id, source, actor)
        if progress is not None:
            progress(done)
    return done


def import_events(lines: BinaryIO, *, agent: str, source: str, done: Imported, dry_run: bool) -> None:
    """Record the CloudEvents of our own contract in `lines`, as `import_run` does runs. Raises a Problem with the line."""
    number = 0
    while batch := list(islice(lines, BATCH)):
        events = []
        for line in batch:
            number += 1
            if not line.strip():
                continue
            try:
                event = parse(line)
            except NotStrictError as error:
                raise bad_request(f"Line {number}: {error}.", "not-strict-json") from None
            if not isinstance(event, dict):
                raise bad_request(f"Line {number} holds no event.", "bad-event")
            events.append((agent, event))
        done.actions += len(events)
        done.episodes.update(
            str(data.get("episode", "")) for _, one in events if isinstance(data := one.get("data"), dict)
        )
        if not dry_run:
            done.new += import_recordings(events, source=source, actor=None)


def _import(assembled: Assembled, agent: UUID, source: str, actor: UUID | None) -> int:
    entries = [item.entry_id for item in assembled.actions] + [signal.draft.id for signal in assembled.signals]
    if not entries:
        return 0

    def decide(moment: Moment) -> list[Draft]:
        drafts = assembly.decide(assembled, moment, replayed=True)
        return [*drafts, imported(entries, agent, source, actor)]

    recorded = record(decide, principal=f"person:{actor}" if actor else "system")
    return len(entries) - recorded.duplicates
