"""What the timeline may cost a reader: bytes on the wire, and a page that stays where it was drawn. Times are a benchmark's."""

import pytest
from playwright.sync_api import CDPSession, Page

from tests.browser.conftest import DESKTOP, Visit
from tests.browser.timeline import Timeline

pytestmark = pytest.mark.browser

KB = 1024
SCRIPTS, WITHOUT_ROWS, SHIFT = 24 * KB, 35 * KB, 0.02
"""Bytes of scripts, and of all that the page needs but for itself and its rows; how far it moves (CLS)."""
PHONE = (390, 844)
SHIFTS = """() => new Promise(done => new PerformanceObserver(list => done(
    list.getEntries().filter(one => !one.hadRecentInput).reduce((sum, one) => sum + one.value, 0)
)).observe({ type: 'layout-shift', buffered: true })).catch(() => 0)"""
NONE = "() => new Promise(done => setTimeout(() => done(0), 1500))"


def loaded(tools: CDPSession, page: Page) -> dict[str, int]:
    """Address → bytes on the wire, of all that the page gets anew."""
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}
    tools.on("Network.responseReceived", lambda event: addresses.update({event["requestId"]: event["response"]["url"]}))
    tools.on(
        "Network.loadingFinished",
        lambda event: sizes.update({addresses.get(event["requestId"], "?"): int(event["encodedDataLength"])}),
    )
    tools.send("Network.enable")
    tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.reload()
    Timeline(page).live()
    return sizes


def shift(page: Page) -> float:
    return float(page.evaluate(f"Promise.race([({SHIFTS})(), ({NONE})()])"))


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_timeline_is_few_bytes_and_does_not_move(visit: Visit, size: tuple[int, int]):
    page = visit("samuel", own=True, size=size)
    sizes = loaded(page.context.new_cdp_session(page), page)
    scripts = {address: length for address, length in sizes.items() if ".js" in address}
    assert len(scripts) == 1
    assert sum(scripts.values()) <= SCRIPTS, scripts
    rest = {address: length for address, length in sizes.items() if "/static/" in address}
    assert sum(rest.values()) <= WITHOUT_ROWS, rest
    if shift(page) > SHIFT:
        # A hold of another test that came or ended just then moves what is below it, and it may.
        page.reload()
        Timeline(page).live()
        assert shift(page) <= SHIFT
