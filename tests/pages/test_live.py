"""The live timeline: a reader that was away misses nothing and sees nothing twice."""

import asyncio
import contextlib
import json
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError

from approvals.actions.lift_freeze import lift_freeze
from approvals.actions.set_freeze import set_freeze
from decisions import broadcast as broadcasting
from decisions import feed, ledger
from decisions.auth import sessions
from decisions.consumers import TimelineConsumer
from decisions.models import Agent, Freeze, Person
from decisions.served import watch
from decisions.vocab import FreezeMode, FreezeScope
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


class Socket:
    """One WebSocket of `person` to the timeline."""

    def __init__(
        self, person: object, after: int | str | None, handle: str = "", only: str = "", **shown: str | None
    ) -> None:
        asked = {"after": after, "only": only or None, **shown}
        query = urlencode({name: value for name, value in asked.items() if value is not None}).encode()
        session = {sessions.HANDLE: handle}
        scope = {"type": "websocket", "path": "/ws/timeline", "query_string": query, "user": person, "session": session}
        self.inner = ApplicationCommunicator(TimelineConsumer.as_asgi(), scope)

    async def connect(self) -> tuple[bool, Any]:
        """(whether it was accepted, the code it was closed with)."""
        await self.inner.send_input({"type": "websocket.connect"})
        answer = await self.inner.receive_output(timeout=5)
        return answer["type"] == "websocket.accept", answer.get("code")

    async def receive(self) -> dict[str, Any]:
        message = await self.inner.receive_output(timeout=8)
        frame: dict[str, Any] = json.loads(message["text"])
        return frame

    async def say(self, text: str) -> dict[str, Any]:
        """Send `text`; the next message that is not a frame."""
        await self.inner.send_input({"type": "websocket.receive", "text": text})
        while (answer := await self.inner.receive_output(timeout=8))["type"] == "websocket.send":
            pass
        return dict(answer)

    async def disconnect(self) -> None:
        await self.inner.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.inner.wait(timeout=5)


def reader(person: object, after: int | None = None) -> Socket:
    return Socket(person, after)


async def frames(communicator: Socket, until: str) -> list[dict[str, Any]]:
    """Every frame up to the first of kind `until`."""
    got = [await communicator.receive()]
    while got[-1]["t"] != until:
        got.append(await communicator.receive())
    return got


def rows(got: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for frame in got if frame["t"] == "rows" for row in frame["rows"]]


def sent(agent: Agent, first: int, count: int) -> None:
    events = [factories.event(decision=f"d-{number}") for number in range(first, first + count)]
    factories.send(agent, *events)


def frozen(by: Person) -> Freeze:
    return set_freeze(scope=FreezeScope.EVERYTHING, value="", mode=FreezeMode.ALL, reason="", actor=by.id)


def lifted_by(freeze: Freeze, *people: Person) -> None:
    for person in people:
        lift_freeze(freeze.id, actor=person.id)


def test_a_reader_that_was_away_gets_all_of_it_once_and_then_goes_on_live(agent: Agent, manager: Person):
    async def run() -> None:
        seq = await sync_to_async(ledger.size)() - 1
        await sync_to_async(sent)(agent, 0, 1200)
        communicator = reader(manager, after=seq)
        assert (await communicator.connect())[0]
        replayed = await frames(communicator, "live")
        ids = [row["id"] for row in rows(replayed)]
        assert len(ids) == len(set(ids)) == 1200
        chain = [(frame["prev"], frame["seq"]) for frame in replayed if frame["t"] == "rows"]
        assert chain[0][0] == seq
        assert all(before[1] == after[0] for before, after in pairwise(chain))

        await sync_to_async(sent)(agent, 5000, 3)
        news = await frames(communicator, "rows")
        assert {row["title"] for row in rows(news)} == {row["title"] for row in rows(replayed)}
        assert news[-1]["prev"] == chain[-1][1]
        assert len(rows(news)) == 3
        await communicator.disconnect()

    asyncio.run(run())


def test_old_state_and_pushed_rows_make_the_fresh_state(agent: Agent, manager: Person, second_manager: Person):
    row = factories.propose(agent, key="k")
    before = feed.snapshot(100)

    async def run() -> list[dict[str, Any]]:
        communicator = reader(manager, after=before["seq"])
        await communicator.connect()
        await sync_to_async(factories.veto)(row, second_manager)
        got = await frames(communicator, "live")
        while not rows(got):
            got.append(await communicator.receive())
        await communicator.disconnect()
        return rows(got)

    state = {shown["id"]: shown for shown in before["rows"]}
    for pushed in asyncio.run(run()):
        if pushed["version"] > state.get(pushed["id"], {"version": 0})["version"]:
            state[pushed["id"]] = pushed
    assert state == {shown["id"]: shown for shown in feed.snapshot(100)["rows"]}


def test_what_happens_is_read_once_for_all_open_pages(agent: Agent, manager: Person, monkeypatch: pytest.MonkeyPatch):
    read: list[int] = []
    changed = feed.changed_after

    def counted(seq: int, limit: int) -> Any:
        read.append(seq)
        return changed(seq, limit)

    async def run() -> list[list[dict[str, Any]]]:
        pages = [reader(manager) for _ in range(20)]
        for page in pages:
            await page.connect()
            await frames(page, "live")
        # Each has joined once it has been told the first of them.
        await sync_to_async(sent)(agent, 0, 1)
        for page in pages:
            await frames(page, "rows")
        monkeypatch.setattr(feed, "changed_after", counted)
        await sync_to_async(sent)(agent, 1, 3)
        got = [rows(await frames(page, "rows")) for page in pages]
        for page in pages:
            await page.disconnect()
        return got

    got = asyncio.run(run())
    assert all(told == got[0] for told in got)
    assert len(got[0]) == 3
    assert len(read) == 1


@pytest.mark.parametrize("fails", [1, 10**6])
def test_no_page_is_told_that_all_is_well_of_what_could_not_be_read(
    agent: Agent, manager: Person, monkeypatch: pytest.MonkeyPatch, fails: int
):
    monkeypatch.setattr(broadcasting, "BEAT", 0.2)
    left = [fails]
    changed = feed.changed_after

    def broken(seq: int, limit: int) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise OperationalError
        return changed(seq, limit)

    async def run() -> list[str]:
        page = reader(manager)
        await page.connect()
        await frames(page, "hb")
        monkeypatch.setattr(feed, "changed_after", broken)
        await sync_to_async(sent)(agent, 0, 1)
        heard = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(6):
                while "rows" not in heard:
                    heard.append(json.loads((await page.inner.receive_output(timeout=2))["text"])["t"])
        return heard

    heard = asyncio.run(run())
    assert ("rows" in heard) == (fails == 1), "what failed once is read again; what goes on failing falls silent"
    assert heard.count("hb") <= 1


@pytest.mark.parametrize(("kept", "size"), [(1, 2), (160, 7), (160, 500)])
def test_pages_that_join_at_any_moment_miss_nothing_and_are_told_nothing_twice(
    agent: Agent, manager: Person, monkeypatch: pytest.MonkeyPatch, kept: int, size: int
):
    # Where few are kept, those who join meanwhile lose their place; where a frame is large, they join in its midst.
    monkeypatch.setattr(broadcasting, "KEPT", kept)
    monkeypatch.setattr(broadcasting, "FRAME_ROWS", size)

    async def run() -> list[set[str]]:
        pages = []
        for number in range(6):
            # Each decision is told of again, so that a row changes while it is read; and most join in the midst of it.
            await asyncio.gather(
                *(sync_to_async(sent)(agent, first, 5) for first in (10 * number, max(0, 10 * number - 10)))
            )
            head = await sync_to_async(ledger.size)() - 1
            pages.append(reader(manager, after=(-1, head - 3, head)[number % 3]))
            await asyncio.gather(pages[-1].connect(), sync_to_async(sent)(agent, 10 * number + 5, 5))
        end = await sync_to_async(ledger.size)() - 1
        return [await everything(page, end) for page in pages]

    async def everything(page: Socket, end: int) -> set[str]:
        told: list[tuple[str, int]] = []
        reached: int | None = None
        while reached is None or reached < end:
            frame = await page.receive()
            assert reached is None or frame.get("prev", -1) <= reached, "nothing is skipped"
            reached = max(reached or -1, frame["seq"])
            told += [(row["id"], row["version"]) for row in frame.get("rows", ())]
        await page.disconnect()
        assert len(set(told)) == len(told), "no version comes twice"
        return {row for row, _ in told}

    found = asyncio.run(run())
    assert len(found[0]) == 60
    assert found[3] == found[0]


@pytest.mark.parametrize("only", ["", "notices"])
def test_a_stop_comes_with_its_bar_and_what_stands_still(
    agent: Agent, manager: Person, second_manager: Person, only: str
):
    held = factories.propose(agent, key="k")

    async def run() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        page = Socket(manager, None, only=only)
        await page.connect()
        await frames(page, "needs")
        freeze = await sync_to_async(frozen)(manager)
        set_ = await frames(page, "stop")
        await sync_to_async(lifted_by)(freeze, second_manager, manager)
        lifted = await frames(page, "stop")
        await page.disconnect()
        return set_, lifted

    set_, lifted = asyncio.run(run())
    assert [row["stopped"] for row in set_[-1]["held"]] == [True]
    assert set_[-1]["held"][0]["id"] == str(held.id)
    assert len(set_[-1]["stops"]) == 1
    assert f"stopped</b> by {manager.name}" in " ".join(set_[-1]["bar"].split())
    assert [row["stopped"] for row in lifted[-1]["held"]] == [False]
    assert (lifted[-1]["bar"], lifted[-1]["stops"]) == ("", [])
    if only:
        assert not any("rows" in frame for frame in [*set_, *lifted])


@pytest.mark.parametrize("only", ["", "notices"])
def test_a_page_is_told_of_a_stop_that_it_missed_and_of_none_that_it_shows(manager: Person, only: str):
    freeze = frozen(manager)

    async def run(shown: str) -> list[str]:
        page = Socket(manager, None, only=only, stops=shown)
        await page.connect()
        got = await frames(page, "needs")
        await page.disconnect()
        return [frame["t"] for frame in got]

    assert "stop" in asyncio.run(run(""))
    assert "stop" in asyncio.run(run("rubbish,-1,--1,²,99999999999999999999999"))
    assert "stop" not in asyncio.run(run(str(freeze.seq)))


def test_a_page_without_rows_hears_how_many_need_people_and_nothing_of_the_rest(
    agent: Agent, manager: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(broadcasting, "BEAT", 0.3)
    monkeypatch.setattr(broadcasting, "COUNT", 0.05)

    async def run() -> list[dict[str, Any]]:
        page = Socket(manager, None, only="notices")
        await page.connect()
        got = await frames(page, "needs")
        await sync_to_async(sent)(agent, 0, 20)
        await sync_to_async(factories.propose)(agent, key="k")
        got += await frames(page, "needs")
        # It goes on hearing that all is well while only rows are said.
        for number in range(6):
            await sync_to_async(sent)(agent, 100 + number, 1)
            await asyncio.sleep(0.1)
        got += await frames(page, "hb")
        await page.disconnect()
        return got

    got = asyncio.run(run())
    assert [frame["n"] for frame in got if frame["t"] == "needs"] == [0, 1]
    assert {frame["t"] for frame in got} <= {"live", "needs", "hb"}


def test_what_waits_is_known_however_much_came_after_it(
    agent: Agent, manager: Person, client_for: Any, monkeypatch: pytest.MonkeyPatch
):
    held = factories.propose(agent, key="k")
    sent(agent, 0, 210)
    page = client_for(manager).get("/").content.decode()
    embedded = json.loads(page.partition('id="rows" type="application/json">')[2].partition("</script>")[0])
    assert [row["id"] for row in embedded["held"]] == [str(held.id)]
    assert str(held.id) not in {row["id"] for row in embedded["rows"]}

    monkeypatch.setattr(feed, "REPLAY_LIMIT", 5)

    async def run() -> dict[str, Any]:
        communicator = reader(manager, after=-1)
        await communicator.connect()
        got = await frames(communicator, "reset")
        await communicator.disconnect()
        return got[-1]

    assert [row["id"] for row in asyncio.run(run())["held"]] == [str(held.id)]


@pytest.mark.parametrize("person", [AnonymousUser(), None])
def test_a_socket_is_for_people_who_are_signed_in(person: object):
    async def run() -> tuple[bool, Any]:
        return await reader(person).connect()

    accepted, code = asyncio.run(run())
    assert not accepted
    assert code == 4401


def test_a_socket_is_for_people_with_a_role(outsider: Person):
    async def run() -> bool:
        accepted, _ = await reader(outsider).connect()
        return accepted

    assert not asyncio.run(run())


def test_a_reader_too_far_behind_is_told_to_start_again(agent: Agent, manager: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feed, "REPLAY_LIMIT", 5)
    sent(agent, 0, 10)

    async def run() -> list[dict[str, Any]]:
        communicator = reader(manager, after=-1)
        await communicator.connect()
        got = await frames(communicator, "live")
        await communicator.disconnect()
        return got

    got = asyncio.run(run())
    assert [frame["t"] for frame in got] == ["reset", "live"]
    assert got[0]["seq"] == ledger.size() - 1


@pytest.mark.parametrize("after", ["²", "--5", "x", "1e9", "9" * 400])
def test_a_page_that_asks_for_rubbish_is_given_what_comes(manager: Person, after: str):
    before = watch.present

    async def run() -> list[dict[str, Any]]:
        communicator = Socket(manager, after)
        assert (await communicator.connect())[0]
        got = await frames(communicator, "needs")
        await communicator.disconnect()
        return got

    assert [frame["t"] for frame in asyncio.run(run())] == ["live", "needs"]
    assert watch.present == before, "nobody counts as watching who has left"


@pytest.mark.parametrize("rubbish", ["", "[]", "{}", '{"t":"resume"}', '{"t":"resume","seq":"x"}', '{"t":"approve"}'])
def test_a_socket_carries_no_commands(manager: Person, rubbish: str):
    async def run() -> dict[str, Any]:
        communicator = reader(manager)
        await communicator.connect()
        await frames(communicator, "live")
        return await communicator.say(rubbish)

    ended = asyncio.run(run())
    assert (ended["type"], ended["code"]) == ("websocket.close", 4400)
