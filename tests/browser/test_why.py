"""A decision's page in a browser: what an agent hands in stays in its place, and what a reader takes along is what the page says."""

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser import axe
from tests.browser.conftest import People, Visit
from tests.browser.machines import Machine, resource
from tests.browser.test_every_page import NARROW, sideways
from tests.browser.timeline import Timeline
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser

EVIDENCE = [
    *(
        {"kind": "metric", "name": "\u05e9\u05d9\u05e2\u05d5\u05e8 \u202eratio", "value": value, "limit": 1, "at": at}
        for value, at in (
            (0.1, "2026-11-22T03:40:00Z"),
            (2**53 - 1, "2026-11-22T03:41:00Z"),
            (-9, "2026-11-22T03:42:00Z"),
        )
    ),
    {
        "name": "W" * 300,
        "value": -(2**53) + 1,
        "limit": 1e-300,
        "at": "W" * 300,
        "ref": f"https://{'w' * 60}.example/{'w' * 900}",
    },
    {"name": "w", "value": "W" * 9000, "limit": "W" * 9000, "ref": "https://user:pass@evil.example/"},
]


def asked(agent: Machine) -> str:
    action = factories.action(service="frontend", resource=resource())
    others = [{"action": "W" * 300, "score": 0.123456789, "rejected_because": "W" * 1900}]
    made = agent.propose(action=action, evidence=EVIDENCE, alternatives=others, rationale="W" * 3000)
    return f"/decisions/{made['id']}/"


def test_whatever_evidence_it_is_the_page_stays_in_order(visit: Visit, agent: Machine, watch: Watch) -> None:
    page = visit("ines", asked(agent), size=NARROW)
    for summary in page.locator("#dec details > summary").all():
        summary.click()
    assert sideways(page) == 0
    page.evaluate("scrollTo(0, 0)")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert axe.violations(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    assert sideways(page) == 0
    for picture in page.locator("svg.spark").all():
        box = picture.bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == (120, 28)
    assert watch.complaints() == []


def test_what_stands_under_the_title_moves_nothing(visit: Visit, agent: Machine, people: People) -> None:
    """Whatever the agent says set it off, what will happen is in the same place, and the line is as high."""
    name, places = resource(), []
    for said in (
        "",
        "Slow.",
        "W" * 3000,
        "\u05e9\u05d9\u05e2\u05d5\u05e8 " * 80,
        "\u0e47\u0e49\u0e47\u0e49 z\u0336\u0301 " * 90,
        "\U0001f525" * 400,
    ):
        made = agent.propose(action=factories.action(service="frontend", resource=name), rationale=said)
        page = visit("ines", f"/decisions/{made['id']}/")
        found = []
        for width in (320, 390, 820, 1000, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            found.append((page.locator("#action").bounding_box(), page.locator(".set-off").bounding_box()))
        places.append(found)
        people("david").answer(made, "veto", "It is measured.")
    assert places == [places[0]] * len(places)


def test_nothing_that_evidence_points_to_is_loaded(visit: Visit, agent: Machine) -> None:
    page = visit("ines", own=True)
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(asked(agent))
    link = page.get_by_role("link", name="Source: ")
    link.hover()
    assert link.get_attribute("rel") == "noopener noreferrer nofollow"
    assert [url for url in loaded if ".example" in url] == []


def test_a_reader_takes_the_link_and_the_text_along(visit: Visit, agent: Machine) -> None:
    path = asked(agent)
    page = visit("ines", path)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the link").click()
    expect(page.locator("#say")).to_have_text("Copied")
    assert pasted(page) == page.url
    page.locator("summary", has_text="Copy as text").click()
    page.get_by_role("button", name="Copy the text").click()
    expect(page.get_by_label("The decision as plain text")).to_have_value(pasted(page))
    assert "The agent says (unverified):" in pasted(page)
    assert page.get_by_role("link", name="JSON").get_attribute("href") == f"/api/v1{path.rstrip('/')}"


def pasted(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_in_the_pane_too(visit: Visit, agent: Machine) -> None:
    path = asked(agent)
    page = visit("ines")
    shown = Timeline(page).live()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('before')")
    page.locator(f"#pad a.title[href='{path}']").click()
    shown.pane.get_by_role("button", name="Copy the link").click()
    expect(page.locator("#say")).to_have_text("Copied")
    assert pasted(page).endswith(path)
    assert sideways(page) == 0
    assert shown.pane.locator("#dec").evaluate("dec => dec.scrollWidth <= dec.clientWidth")


def test_where_there_are_no_scripts_nothing_is_dead(visit: Visit, agent: Machine) -> None:
    page = visit("ines", asked(agent), scripts=False)
    for name in ("Copy the link", "Copy the text", "Print"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    page.locator("summary", has_text="Copy as text").click()
    expect(page.get_by_label("The decision as plain text")).to_be_visible()
