"""The list of decisions: filters, order and keyset pages, in bounded time however much is stored. It must not write.

No index serves every mixture of filters. So a page follows one filter's index, newest first, looks through at most so many
decisions of it, and says how far it came: it may hold fewer rows than were asked for, or none, and go on all the same.
A span of time is a stretch of seqs, and the few decisions that were told long before or after they occurred.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, F, Q, QuerySet

from decisions.errors import bad_request
from decisions.models import Agent, Decision
from decisions.models.bulk import CHUNK
from decisions.models.prepared import PreparedMany
from decisions.queries import MAX_LIMIT, TEXT_LIMIT, moment, whole
from decisions.spans import Span
from decisions.states import STORED, with_effective_state
from decisions.vocab import ENVIRONMENTS, TIERS, UNDER_WAY, Basis, Level, Outcome, Risk, SignOff, State

LOOK, FILE_LOOK = 4000, 100_000
"""How many decisions a page looks through at most, and a page of a file, which may take its time."""
PASSING = UNDER_WAY
"""The states that nothing stays in: at any time few decisions are."""

Order = Any
BY_SEQ: Order = F("seq").desc()
SORTED: Order = (F("seq") + 0).desc()
"""The order of seq as something that must be sorted: else the planner may take the short way past all that is stored."""

Way = Sequence[tuple[Q, Order]]
"""Conditions which together hold all that a filter lets through: of each an index holds the decisions in order of seq, or
there are few and they are sorted."""


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Decision]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query string asks for."""

    rows: "QuerySet[Decision]"
    """Those that every filter lets through, newest first."""
    ways: tuple[Way, ...]
    span: Span | None
    filtered: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """Which decisions a value lets through, and by which indexes they are found."""

    condition: Callable[[str], Q]
    way: Callable[[str], Way] | None = None


def asked_for(given: Mapping[str, str], now: datetime) -> Asked:
    """What `given` asks for. Raises a 400 problem for a filter that is not known."""
    rows, ways = with_effective_state(Decision.objects.filter(complete=True), now), []
    limits: dict[str, datetime] = {}
    filtered = False
    for name, value in given.items():
        if name in ("cursor", "limit", "format"):
            continue
        known = FILTERS.get(name)
        if known is None:
            raise bad_request(
                f"The filter {name[:40]!r} is not known; known are {', '.join(sorted(FILTERS))}.", "unknown-filter"
            )
        rows, filtered = rows.filter(known.condition(value)), True
        if known.way is not None:
            ways.append(known.way(value))
        if name in ("from", "to"):
            limits[name] = moment(value, name)
    span = Span(limits.get("from"), limits.get("to")) if limits else None
    return Asked(rows.order_by("-seq"), tuple(ways), span, filtered)


def page(asked: Asked, cursor: str, limit: str) -> Page:
    """One keyset page. Where there is a next one although this is not full, it has not looked through all."""
    size = whole(limit or "50", "limit", least=1, most=MAX_LIMIT)
    before = whole(cursor, "cursor", least=0, most=2**53) if cursor else None
    found, reached = newest(asked, before, size)
    return Page(found, str(reached) if reached else None)


def pages(asked: Asked, size: int) -> Iterator[list[Decision]]:
    """All decisions that are asked for, in lists of at most `size`; each is read on its own.

    A file may take its time: looked through in one go, what little a filter lets through is found ten times as fast.
    """
    if asked.span is not None and asked.span.parts is not None:
        reached: int | None = None
        while reached != 0:
            found, reached = newest(asked, reached, size, FILE_LOOK)
            if found:
                yield found
        return
    found = list(asked.rows[:size])
    while found:
        yield found
        found = list(asked.rows.filter(seq__lt=found[-1].seq)[:size]) if len(found) == size else []


_BY_SEQ = PreparedMany(
    lambda keys: Decision.objects.filter(seq__in=keys),  # type: ignore[misc]  # a slot is a number when it is asked
    BigIntegerField(),
)


def newest(asked: Asked, before: int | None, most: int, depth: int = 0) -> tuple[list[Decision], int]:
    """(the newest rows of a seq less than `before`, at most so many; the seq to go on before, 0 when that was all)."""
    if not asked.filtered:
        rows = asked.rows if before is None else asked.rows.filter(seq__lt=before)
        seqs, reached = list(rows.values_list("seq", flat=True)[: most + 1]), 0
    else:
        seqs, reached = _looked(asked, before, most, depth or LOOK)
    # Whole rows are read when it is known which: what is looked through may be many.
    found = sorted(_BY_SEQ.all(seqs[:most]), key=lambda row: -row.seq)
    return found, seqs[most - 1] if len(seqs) > most else reached


def _looked(asked: Asked, before: int | None, most: int, depth: int) -> tuple[list[int], int]:
    """(the newest seqs, perhaps more than `most`; how far down was looked, 0 for all)."""
    way, aside = _way(asked, before)
    walks = [_Walk(condition, before, order, max(1, depth // len(way))) for condition, order in way]
    walks += [_Walk(condition, before, order, min(depth, CHUNK)) for condition, order in aside]
    looks = [walk.look(asked.rows, most) for walk in walks]
    reached = max((down for _, down in looks), default=0)
    return sorted({seq for seqs, _ in looks for seq in seqs if seq >= reached}, reverse=True), reached


@dataclass(frozen=True, slots=True)
class _Walk:
    """The newest `depth` decisions that fulfil `condition`, of a seq less than `before`."""

    condition: Q
    before: int | None
    order: Order
    depth: int

    def candidates(self) -> "QuerySet[Decision]":
        return Decision.rows.filter(self.condition, **self.below()).order_by(self.order)

    def below(self) -> dict[str, int]:
        return {} if self.before is None else {"seq__lt": self.before}

    def reach(self) -> int:
        """The seq of the last of them; 0 where there are not so many."""
        found = self.candidates().values_list("seq", flat=True)[self.depth - 1 : self.depth]
        return next(iter(found), 0)

    def look(self, rows: "QuerySet[Decision]", most: int) -> tuple[list[int], int]:
        """(the seqs of those that are of `rows`, at most one more than `most`; how far down they reach, 0 for all)."""
        if self.order is SORTED and self.depth <= CHUNK:
            # Sorted once, since few.
            looked = list(self.candidates().values_list("seq", flat=True)[: self.depth])
            reached = looked[-1] if len(looked) == self.depth else 0
            rows = rows.filter(seq__in=looked)
        else:
            # Asked for before the rows are: what changes in between is looked at twice rather than left out.
            reached = self.reach()
            candidates = self.candidates().filter(seq__gte=reached)
            if self.order is SORTED:
                rows = rows.filter(seq__in=candidates.values("seq")[: self.depth * 2])
            else:
                # By the same index, and no further than until the page is full.
                rows = rows.filter(self.condition, **self.below(), seq__gte=reached)
        found = list(rows.values_list("seq", flat=True)[: most + 1])
        return found, found[most - 1] if len(found) > most else reached


def _way(asked: Asked, before: int | None) -> tuple[Way, Way]:
    """(the conditions to follow, those of which so many decisions reach furthest back; what of a span of time lies apart)."""
    ways: Sequence[Way] = asked.ways or (((Q(), BY_SEQ),),)
    aside: Way = ()
    if asked.span is not None and asked.span.parts is not None:
        near, others = asked.span.parts
        ways = [[(condition & near, order) for condition, order in way] for way in ways]
        aside = ((others, SORTED),)
    return ways[0] if len(ways) == 1 else min(ways, key=lambda way: _furthest(way, before)), aside


def _furthest(way: Way, before: int | None) -> int:
    return max((_Walk(condition, before, order, LOOK).reach() for condition, order in way), default=0)


def _one_of(name: str, field: str, allowed: Any, *, indexed: bool = False) -> Filter:
    def wanted(value: str) -> list[str]:
        found = value.split(",")
        if not set(found) <= {str(word) for word in allowed}:
            raise bad_request(f"{name} must be among {', '.join(str(word) for word in allowed)}.")
        return found

    def way(value: str) -> Way:
        return [(Q(**{field: one}), BY_SEQ) for one in sorted(set(wanted(value)))]

    return Filter(lambda value: Q(**{f"{field}__in": wanted(value)}), way if indexed else None)


def _stored(value: str) -> Way:
    """A state in effect may be stored as another: those that it may be stored as are followed."""
    stored = {state for one in value.split(",") for state in STORED[State(one)]}
    passing = sorted(stored & PASSING)
    lasting = [(Q(state=state), BY_SEQ) for state in sorted(stored - PASSING)]
    return [*lasting, *([(Q(state__in=passing), SORTED)] if passing else [])]


def _text(value: str) -> Q:
    if len(value) > TEXT_LIMIT or "\0" in value:
        raise bad_request(f"q may hold at most {TEXT_LIMIT} characters.")
    query = Q()
    for word in value.split():
        query &= (
            Q(title__icontains=word)
            | Q(service__icontains=word)
            | Q(agent_ref__icontains=word)
            | Q(episode__icontains=word)
        )
    return query


def _exact(name: str) -> Filter:
    def apply(value: str) -> Q:
        if len(value) > TEXT_LIMIT or "\0" in value:
            raise bad_request(f"{name} is too long.")
        return Q(**{name: value})

    return Filter(apply, lambda value: ((apply(value), BY_SEQ),))


def _time(name: str, lookup: str) -> Filter:
    return Filter(lambda value: Q(**{lookup: moment(value, name)}))


def _flag(name: str) -> Filter:
    def apply(value: str) -> Q:
        if value not in ("true", "false"):
            raise bad_request(f"{name} must be true or false.")
        return Q(**{name: value == "true"})

    return Filter(apply)


def _agent(value: str) -> Way:
    # By its id: of a subquery the planner would not know how many decisions are its.
    return [(Q(agent_id=id_), BY_SEQ) for id_ in _agents(value)]


def _agents(value: str) -> list[UUID]:
    """The agent of that slug; else of that id, so that what one did is found when the register has it no more."""
    if "\0" in value:
        return []
    found = list(Agent.objects.filter(slug=value[:64]).values_list("id", flat=True))
    try:
        return found or [UUID(value)]
    except ValueError:
        return []


FILTERS = {
    "service": _exact("service"),
    "environment": _exact("environment"),
    "environment_class": _one_of("environment_class", "environment_class", ENVIRONMENTS),
    "kind": _exact("kind"),
    "episode": _exact("episode"),
    "agent": Filter(lambda value: Q(agent_id__in=_agents(value)), _agent),
    "tier": _one_of("tier", "tier", TIERS),
    "state": Filter(_one_of("state", "effective", State).condition, _stored),
    "level": _one_of("level", "level_used", Level),
    "ruled": _one_of("ruled", "level_ruled", Level),
    "risk": _one_of("risk", "risk", Risk),
    "outcome": _one_of("outcome", "outcome", Outcome),
    "basis": _one_of("basis", "basis", Basis),
    "sign_off": _one_of("sign_off", "sign_off", SignOff, indexed=True),
    "proposed": _flag("proposed"),
    "beyond": _flag("beyond"),
    "replayed": _flag("replayed"),
    "from": _time("from", "occurred_at__gte"),
    "to": _time("to", "occurred_at__lt"),
    "q": Filter(_text),
}
