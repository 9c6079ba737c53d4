"""What became of the decisions of which an agent was as sure as of this one. It must not write."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, CharField, DateTimeField, UUIDField
from django.db.models.fields.json import KeyTransform

from approvals.intervals import wilson
from approvals.queries.outcomes import Went, went
from decisions.models import Decision
from decisions.models.prepared import PreparedValues, Slot
from decisions.states import with_effective_state
from decisions.vocab import TURNED, State

BANDS = ((0.9, "≥ 90 %"), (0.7, "70 to 90 %"), (0.5, "50 to 70 %"), (0.0, "< 50 %"))
"""From where each band reaches up to the one before it."""
MOST = 500
READ = 1000
"""How many decisions of the agent are looked through at most: it may have millions, of other kinds and without a word of this."""
FEW = 20
TURNED_OUT = {
    Went.UNDONE: "undone, or to be",
    "vetoed": "vetoed",
    Went.REFUSED: "refused at sign-off",
    Went.WRONG: "failed, or in part",
}


def _latest() -> Any:
    """The latest of one agent, by its index, of which those of one kind are read; the newest first."""
    latest = Decision.rows.filter(agent_id=Slot("agent", UUIDField())).order_by("-seq")
    # Nothing but agent and seq is asked of all: so they are read off the index alone, wherever they lie.
    asked = latest.values("seq")[: READ + 1]
    same = Decision.objects.filter(seq__in=asked, kind=Slot("kind", CharField()), complete=True)
    effective = with_effective_state(same, Slot("now", DateTimeField()))
    return (
        effective.exclude(seq=Slot("seq", BigIntegerField()))
        .annotate(sure=KeyTransform("confidence", "account"))
        .order_by("-seq")
        .values_list("sure", "effective", "outcome", "sign_off")[:READ]
    )


_LATEST = PreparedValues(_latest)


def number(stated: Any) -> float | None:
    """A confidence that can be one; None for what is none."""
    plain = isinstance(stated, int | float) and not isinstance(stated, bool)
    return float(stated) if plain and 0 <= stated <= 1 else None


def band(stated: float) -> int:
    return next(place for place, (least, _) in enumerate(BANDS) if stated >= least)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of how many like it is known how they went, and how many of those went otherwise than an agent that is sure expects."""

    band: str
    known: int
    otherwise: Counter[str]

    @property
    def hits(self) -> int:
        return self.otherwise.total()

    def shown(self) -> dict[str, Any]:
        parts = [(text, self.otherwise[how]) for how, text in TURNED_OUT.items() if self.otherwise[how]]
        made = {"band": self.band, "known": self.known, "hits": self.hits, "parts": parts, "few": self.known < FEW}
        if made["few"]:
            return made
        low, high = wilson(self.hits, self.known)
        share = f"{100 * self.hits / self.known:.1f}"
        return made | {"share": share, "low": f"{100 * low:.1f}", "high": f"{100 * high:.1f}"}


def of(row: Decision, now: datetime) -> Calibration | None:
    """None where `row` states no confidence."""
    stated = number(row.account.get("confidence"))
    if stated is None:
        return None
    return counted(stated, _LATEST.all(agent=row.agent_id, kind=row.kind, seq=row.seq, now=now))


def counted(stated: float, latest: Iterable[tuple[Any, ...]]) -> Calibration:
    """Of (confidence, state in effect, outcome, sign-off), the newest first, those of the band of `stated`."""
    asked, seen, known, otherwise = band(stated), 0, 0, Counter[str]()
    for given, state, outcome, sign_off in latest:
        sure = number(given)
        if sure is None or band(sure) != asked:
            continue
        seen += 1
        if seen > MOST:
            break
        how = _how(State(state), outcome, sign_off)
        known += how is not None
        otherwise[how or ""] += how in TURNED_OUT
    return Calibration(BANDS[asked][1], known, +otherwise)


def _how(state: State, outcome: str, sign_off: str) -> str | None:
    if state is State.VETOED:
        return "vetoed"
    # What people had undone went otherwise, whatever was told of it before.
    return Went.UNDONE if state in TURNED else went(state, outcome, sign_off)
