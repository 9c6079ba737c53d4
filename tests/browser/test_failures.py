"""What fails while somebody watches is said until they have taken note, wherever they look; what failed before is no news."""

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Visit
from tests.browser.machines import Machine, done, resource
from tests.browser.test_notices import LOOKING_AWAY, told
from tests.browser.timeline import Timeline
from tests.browser.watch import until

pytestmark = pytest.mark.browser


def failing(machine: Machine) -> str:
    """An act of a resource of its own that fails now; its resource."""
    name = resource()
    event = done(name)
    event["data"]["outcome"] = {"status": "failed", "detail": "forbidden"}
    machine.report(event)
    return name


def watching(visit: Visit, size: tuple[int, int] = (1440, 900)) -> Page:
    page = visit("marta", own=True, size=size)
    page.add_init_script(LOOKING_AWAY)
    page.reload()
    Timeline(page).live()
    return page


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_failure_is_said_until_it_is_dismissed(visit: Visit, agent: Machine, size: tuple[int, int]):
    failing(agent)
    page = watching(visit, size)
    toast = page.get_by_role("region", name="Failed just now")
    expect(toast).to_be_hidden()
    name = failing(agent)
    expect(toast).to_contain_text(f"Scale {name} of geo")
    expect(toast).to_contain_text("Failed at ")
    expect(page.locator("link[rel=icon]")).to_have_attribute(
        "href", page.locator("#needs").get_attribute("data-urgent") or ""
    )
    expect(toast.get_by_role("button", name="Show failed")).to_be_hidden()
    other = failing(agent)
    expect(toast).to_contain_text("2 actions failed since")
    expect(toast.get_by_role("link")).to_have_text(f"Scale {other} of geo")
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_be_hidden()
    agent.report(done(resource()))
    page.wait_for_timeout(400)
    expect(toast).to_be_hidden()


def test_its_button_shows_every_failed_one_and_its_link_opens_the_last(visit: Visit, agent: Machine):
    page = watching(visit)
    shown = Timeline(page)
    toast = page.get_by_role("region", name="Failed just now")
    names = [failing(agent), failing(agent)]
    expect(toast).to_contain_text("2 actions failed")
    toast.get_by_role("link").click()
    expect(shown.pane).to_contain_text(names[1])
    toast.get_by_role("button", name="Show failed").click()
    expect(toast).to_be_hidden()
    page.keyboard.press("Escape")
    for name in names:
        expect(shown.row(name)).to_be_visible()
    expect(page.locator("#legend [data-badge=failed]")).to_have_attribute("aria-pressed", "true")


def test_an_outcome_that_turns_out_failed_is_one_failure_and_who_looks_away_is_told(visit: Visit, agent: Machine):
    page = watching(visit)
    page.get_by_role("button", name="Tell me on this device").click()
    page.evaluate("window.away = true")
    name = resource()
    event = done(name)
    del event["data"]["outcome"]
    agent.report(event)
    expect(Timeline(page).row(name)).to_be_attached()
    assert told(page) == []
    again = factories.event(type="oversight.decision.outcome.v1")
    again["data"] = {**event["data"], "outcome": {"status": "failed", "detail": "forbidden"}}
    agent.report(again)
    until(page, lambda: [one["tag"] for one in told(page)] == ["failed"], "the notification")
    assert told(page)[0]["title"] == f"Failed: Scale {name} of geo"
    failing(agent)
    failing(agent)
    expect(page.get_by_role("region", name="Failed just now")).to_contain_text("3 actions failed since")
    assert len(told(page)) == 1, "a storm is told of once, until somebody has taken note"
