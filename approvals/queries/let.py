"""Who or which policy let a decision happen, or ended it: in sentences, each with its people and time. It must not write."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from approvals.models import Verdict
from approvals.vocab import VerdictWord
from decisions.models import Decision, Person, Timeline
from decisions.vocab import HOLDING, TURNED, Basis, Kind, Level, State

ERASED = "a person who was erased"


class Loaded(Protocol):
    row: Decision
    state: State
    verdicts: list[Verdict]
    people: dict[UUID, Person]
    history: list[Timeline]


@dataclass(frozen=True, slots=True)
class Said:
    """Without the full stop: who and when follow."""

    text: str
    who: str = ""
    at: datetime | None = None


def sentences(page: Loaded) -> list[Said]:
    """Empty while it still waits for people, or for its agent."""
    if page.state in HOLDING or page.state is State.AUTHORIZED:
        return []
    return [*_permitted(page), *_vetoed(page)]


def _permitted(page: Loaded) -> Iterator[Said]:
    row, state = page.row, page.state
    if state is State.DENIED:
        yield Said("Policy stopped it; nobody was asked")
    elif state is State.WITHDRAWN:
        yield Said("The agent took it back")
    elif state is State.EXPIRED:
        yield from _approved(page)
        permitted = row.basis or any(said.verdict == VerdictWord.APPROVE for said in page.verdicts)
        yield Said("The agent did not act in time" if permitted else "Nobody answered in time, so it was dropped")
    elif state is not State.VETOED:
        yield from _acted(page)


def _acted(page: Loaded) -> Iterator[Said]:
    row = page.row
    if row.lease_seq is None:
        if row.level_used == Level.L0:
            yield Said("The agent only looked")
        elif row.level_used:
            yield Said("The agent acted alone. Nobody was asked")
    elif row.basis == Basis.BREAK_GLASS:
        glass = [said for said in page.verdicts if said.verdict == VerdictWord.BREAK_GLASS]
        yield from (Said("Authorised in an emergency by", _name(page, said), said.at) for said in glass)
    elif row.basis == Basis.WINDOW:
        yield Said("Nobody vetoed it while people could", at=_claimed(page))
    elif row.basis == Basis.AUTONOMY:
        yield Said("Policy let the agent act alone. Nobody was asked", at=_claimed(page))
    else:
        yield from _approved(page)


def _claimed(page: Loaded) -> datetime | None:
    return next((past.at for past in page.history if past.kind == Kind.CLAIM_GRANTED), None)


def _approved(page: Loaded) -> Iterator[Said]:
    """One sentence for each person: of several, each is named."""
    for said in page.verdicts:
        if said.verdict == VerdictWord.APPROVE:
            yield Said("Approved by", _name(page, said), said.at)


def _vetoed(page: Loaded) -> Iterator[Said]:
    after = page.state in TURNED or page.row.to_revert
    for said in page.verdicts:
        if said.verdict == VerdictWord.VETO:
            yield Said("Vetoed after the act had begun by" if after else "Vetoed by", _name(page, said), said.at)


def _name(page: Loaded, said: Verdict) -> str:
    names: Mapping[UUID, Person] = page.people
    person = names.get(said.person_id)
    return person.name if person else ERASED
