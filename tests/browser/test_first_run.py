"""A new installation, from the one-time link to the first decision; and what a page does while its server is gone."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import factories
from tests.browser import axe
from tests.browser.conftest import PATIENCE
from tests.browser.machines import Machine, done, resource
from tests.browser.server import Server
from tests.browser.timeline import Timeline
from tests.browser.watch import Watch, until

pytestmark = pytest.mark.browser

PASSWORD = uuid.uuid4().hex
EMPTY = {
    "/": "No agent has acted yet",
    "/needs-you/": "Nothing needs you",
    "/sign-off/": "Nothing to sign off here",
    "/policy/": "No policy is in force",
    "/register/": "No service yet",
    "/alarms/": "No alarm",
    "/ledger/": "Entries, newest first",
}


@pytest.fixture(scope="module")
def empty(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`manage.py up` on an empty folder."""
    with Server(tmp_path_factory.mktemp("empty"), ("up",)) as started:
        yield started
        assert started.faults() == []


@pytest.fixture(scope="module")
def first(chromium: Browser, empty: Server) -> Iterator[Page]:
    """The first administrator, who has just followed the link."""
    link = re.search(r"http://localhost:\d+/welcome/\S+", empty.log.read_text())
    assert link is not None
    context = chromium.new_context(base_url=empty.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(link[0])
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Name", exact=True).fill("Ada")
    for password in ("short", PASSWORD):
        page.get_by_label("New password", exact=True).fill(password)
        page.get_by_label("New password, once more").fill(password)
        page.get_by_role("button", name="Make the administrator").click()
    expect(page.get_by_role("heading", level=1, name="Register")).to_be_visible()
    assert context.request.get(link[0]).status == 404
    page.close()
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture(scope="module")
def seen_empty(first: Page, shots: Path) -> dict[str, tuple[str, list[str]]]:
    """The words of each page, and what is wrong with it, before anything was registered."""
    watch, seen = Watch(), {}
    watch.over(first)
    for path in EMPTY:
        first.goto(path)
        expect(first.get_by_role("contentinfo")).to_be_visible()
        first.screenshot(path=shots / f"empty-{path.strip('/') or 'timeline'}.png")
        seen[path] = (first.locator("main").inner_text(), axe.violations(first) + watch.complaints())
    return seen


@pytest.mark.parametrize("path", EMPTY)
def test_an_empty_page_says_what_will_be_there(path: str, seen_empty: dict[str, tuple[str, list[str]]]):
    words, wrong = seen_empty[path]
    assert EMPTY[path] in words
    assert wrong == []


@pytest.mark.usefixtures("seen_empty")
def test_the_first_agent_is_registered_and_its_first_decisions_appear(first: Page, empty: Server, watch: Watch):
    """More decisions than the page has in its first rows; the server is killed and comes back meanwhile."""
    watch.over(first)
    watch.expect(r"WebSocket connection|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_SOCKET")
    machine = Machine(empty.url, new_key(first))
    first.goto("/")
    shown = Timeline(first).live()
    name = resource()
    machine.report(done(name, target={"service": "checkout"}))
    expect(shown.row(name)).to_be_visible()
    expect(first.locator("#feed-none")).to_be_hidden()

    badge = first.get_by_role("navigation", name="Main").locator("[data-needs]")
    expect(badge).to_be_hidden()
    expect(first.get_by_text("Nothing needs you.")).to_be_visible()
    asked = machine.propose(action=factories.action(service="checkout", resource=resource()))
    expect(badge).to_have_text("1")
    expect(first.get_by_text("Nothing needs you.")).to_be_hidden()
    expect(shown.hold(asked["title"])).to_be_visible()

    empty.kill()
    expect(first.locator("#conn")).to_have_text("Disconnected")
    expect(first.locator("#down")).to_contain_text("Disconnected since")
    empty.start()
    missed = resource()
    machine.report(done(missed, target={"service": "checkout"}))
    first.locator("#down").get_by_role("button", name="Try now").click()
    expect(first.locator("#conn")).to_have_text("Live")
    expect(shown.row(missed)).to_have_count(1)
    expect(shown.row(name)).to_have_count(1)

    machine.report(*(factories.event(action=factories.action(service="checkout")) for _ in range(450)))
    until(first, lambda: first.evaluate("oversight.store.sorted.length") == 453, "everything that was sent")
    first.reload()
    shown.live()
    until(first, lambda: first.evaluate("oversight.store.sorted.length") == 453, "the older decisions")
    first.locator("#feed").evaluate("host => { host.scrollTop = host.scrollHeight; }")
    expect(shown.row(name)).to_be_visible()
    machine.client.close()


def new_key(page: Page) -> str:
    """Register a service and an agent as the administrator, and take the agent's key."""
    page.goto("/register/services/new/")
    page.get_by_label("Slug").fill("checkout")
    page.get_by_label("Accountable owner").select_option("ada")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Add an agent").click()
    page.get_by_label("Slug").fill("first-agent")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="first-agent").click()
    page.get_by_role("button", name="Make a key").click()
    return page.locator("#new-key").inner_text()
