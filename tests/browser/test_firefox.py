"""The same pages in another engine: signed in, watched, answered by keyboard, read by axe-core. Left out without a Firefox."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import axe
from tests.browser.conftest import DESKTOP, People
from tests.browser.firefox import Firefox
from tests.browser.machines import Machine, resource
from tests.browser.server import Demo

pytestmark = pytest.mark.browser

NAMES = ("firefox-esr", "firefox")
SIZES = {"desktop": DESKTOP, "phone": (390, 844), "narrow": (320, 640)}
PAGES = {
    "timeline": "/",
    "needs you": "/needs-you/",
    "sign-off": "/sign-off/",
    "decisions": "/decisions/",
    "reports": "/reports/",
    "policy": "/policy/",
    "agents": "/agents/",
    "services": "/services/",
    "stop": "/stop/",
    "ledger": "/ledger/",
    "sources": "/sources/",
}
LIVE = "() => document.querySelector('#conn')?.textContent.trim() === 'Live'"
AXE = f"only => {{ if (!globalThis.axe) {{ {axe.SOURCE.read_text(encoding='utf-8')}\n}} return ({axe.RUN})(only); }}"
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module", params=[False, True], ids=["light", "dark"])
def firefox(request: pytest.FixtureRequest, demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A Firefox in which ines is signed in, through the form and by keyboard."""
    binary = next(filter(None, map(shutil.which, NAMES)), None)
    if binary is None:
        pytest.skip(f"no Firefox is installed (looked for {', '.join(NAMES)})")
    with Firefox(binary, tmp_path_factory.mktemp("firefox"), dark=request.param) as browser:
        browser.size(*DESKTOP)
        browser.open(f"{demo.url}/accounts/login/")
        browser.click("input[autocomplete~=username]")
        browser.press("ines", "Tab", demo.password("ines"), "Enter")
        browser.until(LIVE)
        yield browser
        assert browser.complaints == []


CUT = re.compile(r"target-size at \.(?:row|group)\b.*\.title")


def test_no_page_is_refused_anything_scrolls_sideways_or_fails_axe(
    firefox: Firefox, demo: Demo, addresses: dict[str, str], tmp_path: Path
):
    paths = PAGES | {"hold": addresses["hold"], "beyond": addresses["beyond"]}
    faults = []
    # What the dark of a page changes is its colours.
    rules = {"type": "rule", "values": axe.COLOURS} if firefox.dark else {"type": "tag", "values": axe.TAGS}
    for name, path in paths.items():
        firefox.size(*DESKTOP)
        firefox.open(f"{demo.url}{path}")
        for size, (width, height) in SIZES.items():
            firefox.size(width, height)
            where = f"{name} at {size}"
            faults += [f"{where}: {one}" for one in firefox.ask("() => globalThis.refused ?? []")]
            if (beyond := firefox.ask(SIDEWAYS)) > 0:
                faults.append(f"{where}: {beyond} px sideways")
            # A row that the edge of the list cuts through is measured as it is cut; Chromium measures whole ones.
            found = [one for one in axe.lines(firefox.ask(AXE, rules)) if not CUT.match(one)]
            faults += [f"{where}: {one}" for one in found]
            firefox.picture(tmp_path / f"{name}-{size}.png")
    assert faults == []


def test_a_hold_is_vetoed_by_keyboard_and_the_list_goes_on(
    firefox: Firefox, demo: Demo, people: People, agent: Machine
):
    firefox.size(*DESKTOP)
    firefox.open(f"{demo.url}/")
    firefox.until(LIVE)
    asked = agent.ask(resource())
    card = f'#holds a.hold[data-id="{asked["id"]}"]'
    firefox.until("card => document.querySelector(card)", card)
    firefox.click(card)
    firefox.until(
        "title => document.activeElement?.matches('#pane h1') && document.activeElement.textContent === title",
        asked["title"],
    )
    firefox.press("v")
    firefox.until("() => document.activeElement?.value === 'veto'")
    firefox.press("v")
    firefox.until("() => document.querySelector('#pane [data-result]')")
    answer = people("ines").client.get(f"/api/v1/decisions/{asked['id']}").json()
    assert [one["verdict"] for one in answer["verdicts"]] == ["veto"]
