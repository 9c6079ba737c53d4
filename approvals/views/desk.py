"""What a person has at hand in this session: which decisions they opened, which they set aside, which they signed last.

It is their own view alone: it changes nothing of a decision, is no entry, and ends with the session.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest

from approvals import access
from approvals.models import Comment
from decisions import register
from decisions.auth.people import signed_in
from decisions.errors import bad_request
from decisions.models import Decision
from decisions.vocab import SignOff

OPENED, ASIDE, SIGNED, CHOSEN = "opened", "aside", "signed", "chosen"
MOST = 200
"""As many of each are kept, the latest."""
LONGEST = timedelta(hours=24)
MORNING = time(9)
CHOICES = MappingProxyType({"1h": timedelta(hours=1), "4h": timedelta(hours=4), "24h": LONGEST})
"""How long something can be set aside, beside "morning"."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A decision that was set aside until then; with a question, until somebody else answers before."""

    until: datetime
    question: int | None
    answered: bool


def opened(request: HttpRequest) -> frozenset[int]:
    """The decisions, by seq, that the person has opened."""
    return frozenset(request.session.get(OPENED, ()))


def note_opened(request: HttpRequest, row: Decision) -> None:
    """Keep that the person has opened a decision, where they may sign it off: else nothing asks for it.

    A session that knows it already is not written.
    """
    if row.sign_off != SignOff.REQUIRED or row.seq in opened(request):
        return
    if access.may(register.latest(), signed_in(request).id, access.SIGNS_OFF):
        request.session[OPENED] = [*request.session.get(OPENED, ()), row.seq][-MOST:]


def last_signed(request: HttpRequest) -> int | None:
    """The decision, by seq, that the person has signed off last."""
    found: int | None = request.session.get(SIGNED)
    return found


def note_signed(request: HttpRequest, seq: int) -> None:
    request.session[SIGNED] = seq
    _drop(request, seq)


def choose(request: HttpRequest, seqs: list[int]) -> None:
    """Keep what was chosen in the queue for the next look at it."""
    request.session[CHOSEN] = seqs[:MOST]


def chosen(request: HttpRequest) -> frozenset[int]:
    """What was chosen before the person was led elsewhere, once."""
    return frozenset(request.session.pop(CHOSEN, ())) if CHOSEN in request.session else frozenset()


def until(choice: str, now: datetime) -> datetime:
    """When what is set aside comes back. Raises a 400 problem."""
    if choice == "morning":
        return morning(now)
    if choice not in CHOICES:
        raise bad_request(f"Choose one of: {', '.join((*CHOICES, 'morning'))}.")
    return now + CHOICES[choice]


def morning(now: datetime) -> datetime:
    """The next nine o'clock of the organisation, never more than a day away."""
    here = local(now)
    day = here.date() if here.time() < MORNING else here.date() + timedelta(days=1)
    return min(datetime.combine(day, MORNING, here.tzinfo).astimezone(now.tzinfo), now + LONGEST)


def local(at: datetime) -> datetime:
    """That moment by the clock of the organisation."""
    return at.astimezone(ZoneInfo(settings.ZONE))


def set_aside(request: HttpRequest, seq: int, until: datetime, *, question: int | None = None) -> None:
    """Put a decision out of the person's list; `question` is the seq of the comment that somebody else may answer."""
    kept: dict[str, Any] = {**request.session.get(ASIDE, {})}
    kept.pop(str(seq), None)
    kept[str(seq)] = [int(until.timestamp()), question]
    request.session[ASIDE] = dict(list(kept.items())[-MOST:])


def bring_back(request: HttpRequest, seq: int) -> None:
    _drop(request, seq)


def _drop(request: HttpRequest, seq: int) -> None:
    kept = {**request.session.get(ASIDE, {})}
    if kept.pop(str(seq), None) is not None:
        request.session[ASIDE] = kept


def asides(request: HttpRequest, now: datetime) -> dict[int, Aside]:
    """What is set aside and not over yet, by seq; what was answered is over, and is kept to say so."""
    found = {int(seq): kept for seq, kept in request.session.get(ASIDE, {}).items() if kept[0] > now.timestamp()}
    answered = _answered(request, {seq: kept[1] for seq, kept in found.items() if kept[1] is not None})
    return {
        seq: Aside(datetime.fromtimestamp(kept[0], now.tzinfo), kept[1], seq in answered) for seq, kept in found.items()
    }


def _answered(request: HttpRequest, asked: dict[int, int]) -> set[int]:
    """Those of the decisions about which somebody else has said something after the question."""
    if not asked:
        return set()
    said = Comment.objects.filter(decision_seq__in=asked, seq__gt=min(asked.values()))
    others = said.exclude(person_id=signed_in(request).id).values_list("decision_seq", "seq")
    return {decision for decision, seq in others if seq > asked[decision]}
