"""Alarms on the pages that are open: whoever has to see another one is told, and nobody else."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from approvals.actions.call_next import call_next
from decisions import alarms
from decisions.models import Agent, Person
from tests import factories
from tests.pages.test_live import Socket, frames

pytestmark = pytest.mark.django_db(transaction=True)


async def told_of_alarms(socket: Socket) -> dict[str, Any]:
    """The next frame that is about alarms."""
    return (await frames(socket, "alarms"))[-1]


def test_who_is_called_is_told_at_once_and_nobody_else(agent: Agent, manager: Person, responder: Person):
    async def run() -> None:
        row = await sync_to_async(factories.propose)(agent)
        mark = await sync_to_async(lambda: alarms.mark(alarms.opened(), manager.id))()
        theirs, other = (Socket(one, None, only="notices", alarms=mark) for one in (manager, responder))
        for socket in (theirs, other):
            await socket.connect()
            await frames(socket, "needs")
        called = await sync_to_async(lambda: call_next(row.id, actor=responder.id))()
        assert called == manager.id
        assert (await told_of_alarms(theirs))["called"] is True
        kinds = [frame["t"] for frame in await frames(other, "hb")]
        assert "alarms" not in kinds
        for socket in (theirs, other):
            await socket.disconnect()

    asyncio.run(run())


def test_a_page_that_shows_other_alarms_is_told_when_it_joins(agent: Agent, manager: Person):
    async def run() -> None:
        await sync_to_async(factories.send)(agent, factories.event(action=factories.action(service="orphan")))
        now = await sync_to_async(lambda: alarms.mark(alarms.opened(), manager.id))()
        assert now != alarms.mark((), manager.id)
        late = Socket(manager, None, alarms=alarms.mark((), manager.id))
        await late.connect()
        assert (await told_of_alarms(late))["called"] is False
        await late.disconnect()
        right = Socket(manager, None, alarms=now)
        await right.connect()
        assert "alarms" not in [frame["t"] for frame in await frames(right, "hb")]
        await right.disconnect()

    asyncio.run(run())
