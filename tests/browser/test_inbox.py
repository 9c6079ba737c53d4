"""Needs you as it stands open: what begins to need people comes, what is answered goes, and a stop holds every clock."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import People, Visit
from tests.browser.machines import Elsewhere, Machine, resource
from tests.browser.test_stops import listening
from tests.browser.timeline import Timeline

pytestmark = pytest.mark.browser
PHONE = (390, 844)


@pytest.fixture
def both(people: People) -> Iterator[tuple[Elsewhere, Elsewhere]]:
    """Two who may stop agents and let them go on; nothing stays stopped."""
    two = people("marta"), people("david")
    yield two
    for one in two:
        one.let_go_on()


def test_what_needs_people_comes_and_goes_and_the_focus_stays(visit: Visit, agent: Machine, people: People):
    first, second = resource(), resource()
    asked = agent.ask(first)
    page = listening(visit, "/needs-you/", "ines", size=PHONE)
    card = page.locator("a.hold").filter(has_text=first)
    card.focus()
    other = agent.ask(second)
    expect(page.locator("a.hold").filter(has_text=second)).to_be_visible()
    expect(page.locator("a.hold").filter(has_text=first)).to_be_focused()
    people("david").answer(other, "veto", "Not now.")
    expect(page.locator("a.hold").filter(has_text=second)).to_have_count(0)
    people("david").answer(asked, "veto", "Not now.")
    expect(page.locator("a.hold").filter(has_text=first)).to_have_count(0)


def test_a_stop_holds_the_clock_of_a_card_and_of_a_decision(
    visit: Visit, agent: Machine, both: tuple[Elsewhere, Elsewhere]
):
    name = resource()
    asked = agent.ask(name)
    cards, decision = (
        listening(visit, "/needs-you/", "ines", size=PHONE),
        listening(visit, f"/decisions/{asked['id']}/", "ines", size=PHONE),
    )
    pane = listening(visit, "/", "ines")
    Timeline(pane).live().open(asked)
    decision.locator("#verdict-reason").fill("The sale ends at noon, so")
    both[0].stop("frontend")
    expect(cards.locator("a.hold").filter(has_text=name).locator(".cd-t")).to_have_text("Stopped")
    for page in (decision, pane):
        expect(page.locator("#dec")).to_contain_text("The clock stands still while people have stopped agents")
    expect(decision.locator("#verdict-reason")).to_have_value("The sale ends at noon, so")
    for one in both:
        one.let_go_on()
    expect(cards.locator("a.hold").filter(has_text=name).locator(".cd-t")).to_contain_text(":")
    for page in (decision, pane):
        expect(page.locator("#dec .cd-big .cd-t")).to_contain_text(":")
    expect(decision.locator("#verdict-reason")).to_have_value("The sale ends at noon, so")
