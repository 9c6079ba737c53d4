"""Who stops agents is heard on every page: the red bar comes to those that are open, goes when agents go on, and is missed by none."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.machines import Elsewhere
from tests.browser.watch import Watch, until

pytestmark = pytest.mark.browser

STOPPED = "document.querySelectorAll('#stops .stopped').length"
SOCKETS = """
(() => {
  window.lines = [];
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(...args) { super(...args); window.lines.push(this); }
  };
})()
"""
LIVE = "window.lines.some(line => line.readyState === 1)"


@pytest.fixture
def both(people: Callable[[str], Elsewhere]) -> Iterator[tuple[Elsewhere, Elsewhere]]:
    """Two who may stop agents and let them go on; nothing stays stopped."""
    two = people("marta"), people("david")
    yield two
    for one in two:
        one.let_go_on()


def listening(visit: Visit, path: str, person: str = "samuel", **how: object) -> Page:
    page = visit(person, own=True, **how)  # type: ignore[arg-type]  # as `Visit` takes them
    page.add_init_script(SOCKETS)
    page.goto(path)
    until(page, lambda: page.evaluate(LIVE), "the line of the page to open")
    return page


@pytest.mark.parametrize("path", ["/", "/needs-you/", "/sign-off/", "/register/", "/ledger/", "/stop/", "/account/"])
def test_a_stop_is_on_every_open_page_and_leaves_it(visit: Visit, both: tuple[Elsewhere, Elsewhere], path: str):
    page = listening(visit, path)
    both[0].stop("geo")
    until(page, lambda: page.evaluate(STOPPED) == 1, "the red bar")
    expect(page.locator("#stops")).to_contain_text("Agents on geo stopped")
    assert "Stopped: " in page.title()
    for one in both:
        one.let_go_on()
    until(page, lambda: page.evaluate(STOPPED) == 0, "the red bar to go")
    assert "Stopped" not in page.title()


def test_a_stop_while_the_line_was_cut_is_shown_once_it_is_back(
    visit: Visit, both: tuple[Elsewhere, Elsewhere], watch: Watch
):
    watch.expect("ERR_INTERNET_DISCONNECTED")
    watch.expect("WebSocket connection")
    pages = [listening(visit, "/"), listening(visit, "/ledger/", size=(390, 844))]
    for page in pages:
        page.context.set_offline(True)
        page.evaluate("lines.forEach(line => line.close())")
    both[0].stop("geo")
    for page in pages:
        assert page.evaluate(STOPPED) == 0
        page.context.set_offline(False)
        expect(page.locator("#stops")).to_contain_text("Agents on geo stopped")
