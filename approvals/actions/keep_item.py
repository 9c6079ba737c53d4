"""Keep an item of a board register: record one, change it, withdraw it. Nothing is lost: each is an entry of its own."""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from approvals import access
from approvals.board import REGISTERS, BoardRegister, Item, fields_of, parts_of
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Problem, Refusal, conflict, not_found
from decisions.models import BoardItem, Decision, Person
from decisions.moment import Moment
from decisions.recording import record
from decisions.register import Register
from decisions.vocab import Board, Kind

LEAST_REASON = 10
WITHDRAWN_BECAUSE = "withdrawn_because"
KIND_OF = {Board.DRILLS: Kind.DRILL_RUN}
"""Practice has a kind of entry of its own; the others are changes of the register."""


def add_item(of: Board, item: Item, *, actor: UUID) -> BoardItem:
    """The new item. Raises a Problem: 400 with every fault, 403."""
    id_, kept = uuid.uuid4(), REGISTERS[of]

    def decide(moment: Moment) -> list[Draft]:
        known = register.at(moment.config)
        access.require(known, actor, kept.roles, f"record {kept.one}")
        _check(kept, item, known, moment.now)
        return [_draft(of, id_, 1, *parts_of(item), actor=actor)]

    record(decide, principal=f"person:{actor}")
    return BoardItem.objects.get(id=id_)


def change_item(of: Board, item_id: UUID, item: Item, *, version: int, actor: UUID) -> BoardItem:
    """The item as it is now. Raises a Problem: 400, 403, 404, 409 withdrawn or never changed, 412 changed by somebody else."""
    kept = REGISTERS[of]

    def decide(moment: Moment) -> list[Draft]:
        known = register.at(moment.config)
        access.require(known, actor, kept.roles, f"change {kept.one}")
        row = _open(of, item_id, version)
        if kept.fixed:
            raise conflict("fixed", f"{kept.title} are never changed. Withdraw this one and record another.")
        _check(kept, item, known, moment.now)
        facts, words = parts_of(item)
        if (facts, words) == (row.values, row.words):
            return []
        return [_draft(of, item_id, row.version + 1, facts, words, actor=actor)]

    return _recorded(item_id, decide, actor)


def withdraw_item(of: Board, item_id: UUID, *, reason: str, version: int, actor: UUID) -> BoardItem:
    """The item, which counts no more. Raises a Problem: 400, 403, 404, 409 withdrawn before, 412."""
    reason = reason.strip()
    if len(reason) < LEAST_REASON:
        raise Problem(400, "reason-needed", "Say why it is withdrawn", f"Write at least {LEAST_REASON} characters.")

    kept = REGISTERS[of]

    def decide(moment: Moment) -> list[Draft]:
        access.require(register.at(moment.config), actor, kept.roles, f"withdraw {kept.one}")
        row = _open(of, item_id, version)
        words = row.words | {WITHDRAWN_BECAUSE: reason}
        return [_draft(of, item_id, row.version + 1, row.values, words, actor=actor, withdrawn=True)]

    return _recorded(item_id, decide, actor)


def _recorded(item_id: UUID, decide: Callable[[Moment], list[Draft]], actor: UUID) -> BoardItem:
    record(decide, principal=f"person:{actor}")
    return BoardItem.objects.get(id=item_id)


def _open(of: Board, item_id: UUID, version: int) -> BoardItem:
    """The item, which may still be changed. Raises a Problem: 404, 409, 412."""
    row = BoardItem.objects.filter(id=item_id, register=of).first()
    if row is None:
        raise not_found("item")
    if row.withdrawn:
        raise Refusal(conflict("not-open", "It was withdrawn already."), str(item_id))
    if row.version != version:
        raise Problem(412, "stale-view", "It has changed since", "Somebody else has changed it. Read it again.")
    return row


def _draft(
    of: Board,
    item_id: UUID,
    version: int,
    facts: dict[str, Any],
    words: dict[str, Any],
    *,
    actor: UUID,
    withdrawn: bool = False,
) -> Draft:
    return Draft(
        KIND_OF.get(of, Kind.REGISTER_CHANGED),
        f"person:{actor}",
        {
            "kv": 1,
            "table": "board",
            "key": str(item_id),
            "register": str(of),
            "version": version,
            "withdrawn": withdrawn,
            "values": facts,
        },
        {"item": words},
    )


def _check(kept: BoardRegister, item: Item, known: Register, now: datetime) -> None:
    """Raise a 400 problem that names every fault."""
    faults = [*kept.faults(item, now), *_unknown(item, known)]
    if faults:
        raise Problem(400, "bad-item", "The item cannot be recorded", " ".join(faults), {"faults": faults})


def _unknown(item: Item, known: Register) -> Iterable[str]:
    """What `item` names and nobody knows."""
    for field in fields_of(type(item)):
        value = getattr(item, field.name)
        if value is None:
            continue
        match field.of:
            case "service" if value not in known.services:
                yield f"“{field.title}”: there is no service of that name in the register."
            case "agent" if value not in known.agents:
                yield f"“{field.title}”: there is no such agent in the register."
            case "person" if not Person.objects.filter(id=value).exists():
                yield f"“{field.title}”: there is no such person in the register."
            case "decision" if not Decision.objects.filter(id=value, complete=True).exists():
                yield f"“{field.title}”: there is no decision of that id."
