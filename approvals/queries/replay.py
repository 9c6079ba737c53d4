"""The policy replayed over the ledger: what another version would have said of what agents did. It must not write.

An entry and its time are the complete input of a ruling, so the version that ruled rules the same again. Memory is bounded by a
page of entries, whatever the period.
"""

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Min, Q

from approvals import policy
from approvals.models import PolicyVersion
from approvals.queries.stops import stopped
from decisions import ledger
from decisions.envelope import Entry
from decisions.intake.ruleable import ruleable_of_entry
from decisions.models import Decision, Freeze, Timeline
from decisions.ports import HELD, Ruleable, Ruling
from decisions.vocab import Kind, Level

ACTIONS = (Kind.ACTION_PROPOSED, Kind.ACTION_REPORTED)
RULED_ON = ("action", "names")
"""The disclosures that a ruling rests on; and, of entries that do not say what was found in it, the agent's account."""
LISTED = 100
"""The most changes of each direction that are named; all are counted."""
MOST = 100_000
"""The most decisions of one replay; of a longer period the newest."""
MANAGERS = "managers"
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Change:
    """A decision that would have been ruled at another level."""

    decision: UUID
    seq: int
    at: datetime
    before: Level
    before_rule: str
    after: Level
    after_rule: str

    @property
    def looser(self) -> bool:
        return self.after > self.before


@dataclass(slots=True)
class Replayed:
    """What came of a replay; the newest changes first."""

    start: datetime
    end: datetime
    whole: bool
    """False where the period held more decisions than were replayed: `start` says from when on they were."""
    decisions: int = 0
    erased: int = 0
    """Decisions whose action was erased: nobody can rule on them again."""
    loosened: int = 0
    tightened: int = 0
    looser: deque[Change] = field(default_factory=lambda: deque(maxlen=LISTED))
    tighter: deque[Change] = field(default_factory=lambda: deque(maxlen=LISTED))
    asked_before: Counter[str] = field(default_factory=Counter)
    """Group → approvals that it was asked for, or would have been; managers where no group is named."""
    asked_after: Counter[str] = field(default_factory=Counter)

    def forecast(self) -> list[tuple[str, float, float, float]]:
        """(group, approvals a week before, after, added), the most added first."""
        weeks = (self.end - self.start) / WEEK
        rows = [
            (group, self.asked_before[group] / weeks, self.asked_after[group] / weeks)
            for group in self.asked_before.keys() | self.asked_after.keys()
        ]
        return sorted(
            ((group, before, after, after - before) for group, before, after in rows), key=lambda row: (-row[3], row[0])
        )


def replay(
    candidate: policy.Policy, start: datetime, end: datetime, *, against: policy.Policy | None = None, most: int = MOST
) -> Replayed:
    """`candidate` over every decision recorded from `start` up to but not including `end`.

    Compared is with `against`, or without it with what was ruled then. What people had stopped is stopped in both.
    """
    first, last = ledger.seq_at(start), ledger.seq_at(end)
    newest = Decision.objects.filter(seq__gte=first, seq__lt=last).order_by("-seq")
    cut = list(newest.values_list("seq", "received_at")[most - 1 : most + 1])
    whole = len(cut) < 2
    if not whole:
        first, start = cut[0]
    found = Replayed(start, end, whole)
    past = Past(start, last)
    for entry, action in _described(first, last, found):
        before = past.again(entry, action) if against is None else past.under(against, entry, action)
        after = past.under(candidate, entry, action)
        _count(found, entry, before, after)
    return found


def titles(changes: Iterable[Change]) -> dict[UUID, str]:
    """The titles of the decisions that `changes` name."""
    return dict(Decision.objects.filter(id__in=[change.decision for change in changes]).values_list("id", "title"))


class Past:
    """What ruled at each entry from the time `start` to the seq `end`: the versions, and what people had stopped."""

    def __init__(self, start: datetime, end: int) -> None:
        self._versions: dict[int, policy.Policy] = {}
        freezes = list(Freeze.objects.filter(Q(lifted_at__isnull=True) | Q(lifted_at__gte=start), seq__lt=end))
        begin = min((freeze.seq for freeze in freezes), default=end)
        lifted = {
            UUID(entry.facts["freeze"]): entry.seq
            for page in ledger.pages_of([Kind.FREEZE_LIFTED], begin, end)
            for entry in page
            if entry.facts["lifted"]
        }
        self._freezes = [(freeze, lifted.get(freeze.id, end)) for freeze in freezes]

    def again(self, entry: Entry, action: Ruleable) -> Ruling:
        """The ruling of `action` by the version that ruled when `entry` was recorded: the same as then."""
        if entry.policy is None:
            return self._stopped(HELD, entry, action)
        number = entry.policy["ver"]
        if number not in self._versions:
            document = PolicyVersion.objects.values_list("document", flat=True).get(version=number)
            self._versions[number] = policy.read(document, version=number)
        return self.under(self._versions[number], entry, action)

    def under(self, candidate: policy.Policy, entry: Entry, action: Ruleable) -> Ruling:
        """The ruling of `action` by `candidate` at the time of `entry`."""
        return self._stopped(policy.rule(candidate, action, entry.at), entry, action)

    def _stopped(self, ruling: Ruling, entry: Entry, action: Ruleable) -> Ruling:
        now = [freeze for freeze, lifted in self._freezes if freeze.seq < entry.seq < lifted]
        return stopped(ruling, action, now) if now else ruling


def actions(first: int, end: int, *, batch: int = 1000) -> Iterator[list[Entry]]:
    """The entries of actions that were ruled on, from `first` up to but not including `end`, with what that rests on.

    What was done all the same, and is undone as a decision of its own, has the ruling of the one that had ended.
    """
    for told in ledger.pages_of(ACTIONS, first, end, *RULED_ON, batch=batch):
        page = [entry for entry in told if "of" not in entry.facts]
        early = [entry.seq for entry in page if "hidden" not in entry.facts]
        texts = ledger.texts_of(early, "account")
        yield [_with(entry, texts.get(entry.seq, {})) for entry in page] if texts else page


def _with(entry: Entry, texts: Mapping[str, str]) -> Entry:
    opened = {name: json.loads(text)[2] for name, text in texts.items()}
    return replace(entry, disclosed={**entry.disclosed, **opened}) if opened else entry


def _described(first: int, end: int, found: Replayed) -> Iterator[tuple[Entry, Ruleable]]:
    """The entries that first told the action of a decision, with what was ruled on; later ones ruled nothing."""
    for page in actions(first, end):
        told = Timeline.objects.filter(seq__in=[entry.seq for entry in page]).values("decision_seq")
        firsts = set(
            Timeline.objects.filter(decision_seq__in=told, kind__in=[str(kind) for kind in ACTIONS])
            .values("decision_seq")
            .annotate(first=Min("seq"))
            .values_list("first", flat=True)
        )
        for entry in page:
            if entry.seq in firsts:
                found.decisions += 1
                action = ruleable_of_entry(entry)
                if action is None:
                    found.erased += 1
                else:
                    yield entry, action


def _count(found: Replayed, entry: Entry, before: Ruling, after: Ruling) -> None:
    for ruling, asked in ((before, found.asked_before), (after, found.asked_after)):
        if ruling.level is Level.L2:
            if not ruling.requirement:
                asked[MANAGERS] += 1
            for part in ruling.requirement:
                asked[part["group"]] += part["n"]
    if before.level == after.level:
        return
    change = Change(
        UUID(entry.facts["decision"]), entry.seq, entry.at, before.level, before.rule, after.level, after.rule
    )
    if change.looser:
        found.loosened += 1
        found.looser.appendleft(change)
    else:
        found.tightened += 1
        found.tighter.appendleft(change)
