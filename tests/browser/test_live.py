"""Live: what agents do appears by itself, and a page that was cut off misses nothing and shows nothing twice."""

import json
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, WebSocketRoute, expect

from tests.browser.conftest import Visit
from tests.browser.machines import Machine, done, resource
from tests.browser.timeline import Timeline
from tests.browser.watch import Watch, until

pytestmark = pytest.mark.browser

CUT = r"WebSocket connection|ERR_INTERNET_DISCONNECTED"


class Wire:
    """The page's socket, with a hand on it: what the server sends can be heard, dropped, or cut off."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[dict[str, Any]] = []
        self.down = False
        self.lose = 0
        self.ends: list[WebSocketRoute] = []
        page.route_web_socket("**/ws/timeline**", self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        if self.down:
            socket.close(code=1012)
            return
        server = socket.connect_to_server()
        self.ends = [socket, server]

        def pass_on(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame["t"] == "rows" and self.lose:
                self.lose -= 1
                return
            self.frames.append(frame)
            socket.send(message)

        server.on_message(pass_on)

    def cut(self) -> None:
        """The server closes the socket, and takes no new one until `mend`."""
        self.down = True
        page, server = self.ends
        server.close()
        page.close(code=1012)

    def mend(self) -> None:
        self.down = False

    def delivered(self, since: int) -> Counter[tuple[str, int]]:
        """How often each version of each decision came, from frame `since` on."""
        rows = [row for frame in self.frames[since:] if frame["t"] == "rows" for row in frame["rows"]]
        return Counter((row["id"], row["version"]) for row in rows)


def test_an_event_appears_without_a_reload(visit: Visit, agent: Machine):
    page = visit("samuel")
    shown = Timeline(page).live()
    page.evaluate("globalThis.mine = true")
    name = resource()
    agent.report(done(name))
    expect(shown.row(name)).to_be_visible()
    expect(shown.row(name)).to_contain_text("Executed")
    assert page.evaluate("globalThis.mine")


def test_the_page_says_which_entry_it_shows(visit: Visit, agent: Machine):
    page = visit("samuel")
    Timeline(page).live()
    reached = agent.report(done(resource()))["last_seq"]
    until(page, lambda: int(page.locator("#head-seq").inner_text()) >= reached, "the entry")


def test_a_row_changes_in_place_when_its_decision_does(visit: Visit, agent: Machine):
    page = visit("samuel")
    shown = Timeline(page).live()
    name = resource()
    event = done(name)
    event["data"].pop("outcome")
    agent.report(event)
    expect(shown.row(name)).to_be_visible()
    later = done(name) | {"type": "oversight.decision.outcome.v1"}
    later["data"] = {"decision": event["data"]["decision"], "outcome": {"status": "failed", "detail": "no"}}
    agent.report(later)
    expect(shown.row(name)).to_have_count(1)
    expect(shown.row(name)).to_contain_text("Failed")


def test_a_page_that_was_offline_gets_all_it_missed_once(visit: Visit, agent: Machine, watch: Watch):
    watch.expect(CUT)
    sockets: list[WebSocket] = []
    frames: list[dict[str, Any]] = []

    def hear(socket: WebSocket) -> None:
        sockets.append(socket)
        socket.on("framereceived", lambda payload: frames.append(json.loads(payload)))

    page = visit("samuel", "/policy/", own=True)
    page.on("websocket", hear)
    page.goto("/")
    shown = Timeline(page).live()
    page.context.set_offline(True)
    expect(page.locator("#conn")).to_have_text("Disconnected")
    names = [resource() for _ in range(12)]
    agent.report(*(done(name) for name in names))
    agent.report(done(names[0]))
    assert shown.known(names[0]) == []
    before = len(frames)
    page.context.set_offline(False)
    expect(page.locator("#conn")).to_have_text("Live")
    for name in names[1:]:
        until(page, lambda name=name: len(shown.known(name)) == 1, name)  # type: ignore[misc]
    assert len(shown.known(names[0])) == 2
    expect(shown.row(names[-1])).to_have_count(1)
    rows = [row for frame in frames[before:] if frame["t"] == "rows" for row in frame["rows"]]
    times = Counter(row["id"] for row in rows if any(name in row["title"] for name in names))
    assert len(times) == 13
    assert set(times.values()) == {1}
    assert len(sockets) == 2


def test_a_socket_that_the_server_closed_is_opened_again_and_catches_up(visit: Visit, agent: Machine):
    page = visit("samuel", "/policy/")
    wire = Wire(page)
    page.goto("/")
    shown = Timeline(page).live()
    wire.cut()
    bar = page.locator("#down")
    expect(bar).to_contain_text("Disconnected since")
    expect(page.locator("#conn")).to_have_text("Disconnected")
    names = [resource() for _ in range(5)]
    agent.report(*(done(name) for name in names))
    before = len(wire.frames)
    wire.mend()
    bar.get_by_role("button", name="Try now").click()
    expect(page.locator("#conn")).to_have_text("Live")
    expect(bar).to_be_hidden()
    for name in names:
        expect(shown.row(name)).to_have_count(1)
    assert set(wire.delivered(before).values()) == {1}
    assert page.evaluate("oversight.store.doubled") == 0


def test_cut_off_for_four_seconds_at_two_hundred_a_second_it_misses_none(
    visit: Visit, agent: Machine, watch: Watch, pool: ThreadPoolExecutor
):
    watch.expect(CUT)
    page = visit("samuel", own=True)
    wire = Wire(page)
    page.goto("/")
    shown = Timeline(page).live()
    mark = uuid.uuid4().hex[:10]

    def storm() -> int:
        """Twenty decisions every tenth of a second, for six seconds."""
        began, sent = time.monotonic(), 0
        while (left := began + sent / 200 - time.monotonic()) < 6 and sent < 1200:
            time.sleep(max(0.0, left))
            agent.report(*(done(f"deploy/{mark}-{sent + one}") for one in range(20)))
            sent += 20
        return sent

    sending = pool.submit(storm)
    until(page, lambda: shown.known(mark), "the first of them")
    wire.cut()
    expect(page.locator("#conn")).to_have_text("Disconnected")
    page.wait_for_timeout(4000)
    since = len(wire.frames)
    wire.mend()
    sent = sending.result(timeout=60)
    until(page, lambda: len(shown.known(mark)) == sent, f"all of {sent}")
    expect(page.locator("#conn")).to_have_text("Live")
    assert max(wire.delivered(since).values()) == 1


def test_a_frame_that_was_lost_on_the_way_is_noticed_and_fetched_again(visit: Visit, agent: Machine):
    page = visit("samuel", "/policy/")
    wire = Wire(page)
    page.goto("/")
    shown = Timeline(page).live()
    lost, following = resource(), resource()
    wire.lose = 1
    agent.report(done(lost))
    until(page, lambda: wire.lose == 0, "the frame to be lost")
    assert shown.known(lost) == []
    agent.report(done(following))
    expect(shown.row(lost)).to_have_count(1)
    expect(shown.row(following)).to_have_count(1)
    assert page.evaluate("oversight.live.gaps") == 1
    expect(page.locator("#conn")).to_have_text("Live")


def test_an_older_version_that_comes_late_changes_nothing(visit: Visit, agent: Machine):
    """The pages of older rows are fetched beside the socket; what they say of a decision may be past."""
    name = resource()
    event = done(name)
    event["data"].pop("outcome")
    before = agent.report(event)["first_seq"] - 1
    outdated = agent.client.get("/api/v1/timeline", params={"after": before}).json()["rows"][0]
    later = done(name) | {"type": "oversight.decision.outcome.v1"}
    later["data"] = {"decision": event["data"]["decision"], "outcome": {"status": "failed", "detail": "no"}}
    agent.report(later)
    page = visit("samuel", "/policy/")
    page.route("**/api/v1/timeline?before=**", lambda route: route.fulfill(json={"rows": [outdated], "next": None}))
    page.goto("/")
    shown = Timeline(page).live()
    until(page, lambda: page.evaluate("oversight.store.doubled") == 1, "the outdated row")
    expect(shown.row(name)).to_have_count(1)
    expect(shown.row(name)).to_contain_text("Failed")


def test_nothing_moves_under_a_reader_who_has_scrolled(visit: Visit, agent: Machine):
    page = visit("samuel")
    shown = Timeline(page).live()
    page.locator("#feed").evaluate("host => { host.scrollTop = 1000; }")
    eye = """() => {
      const box = document.getElementById('feed').getBoundingClientRect();
      const row = document.elementFromPoint(box.left + 60, box.top + 200).closest('.row');
      return [row.dataset.id, row.getBoundingClientRect().top];
    }"""
    before = page.evaluate(eye)
    names = [resource() for _ in range(4)]
    for name in names:
        agent.report(done(name))
    pill = page.locator("#pill")
    expect(pill).to_have_text("4 new")
    assert page.evaluate(eye) == before
    pill.click()
    expect(pill).to_be_hidden()
    until(page, lambda: shown.scrolled() == 0, "the top of the list")
    expect(shown.row(names[-1])).to_be_visible()


def test_a_paused_page_counts_what_comes_and_still_shows_what_needs_people(visit: Visit, agent: Machine):
    page = visit("samuel")
    shown = Timeline(page).live()
    page.get_by_role("button", name="Pause").click()
    name = resource()
    agent.report(done(name))
    expect(page.locator("#pill")).to_have_text("1 new")
    expect(shown.row(name)).to_have_count(0)
    asked = agent.ask(resource())
    expect(shown.hold(asked["title"])).to_be_visible()
    page.get_by_role("button", name="Go live").click()
    expect(shown.row(name)).to_be_visible()
    expect(page.locator("#pill")).to_be_hidden()


def test_two_people_see_the_same_at_once(visit: Visit, agent: Machine):
    one, other = Timeline(visit("samuel")).live(), Timeline(visit("noor", size=(390, 844))).live()
    name = resource()
    agent.report(done(name))
    for shown in (one, other):
        expect(shown.row(name)).to_have_count(1)
