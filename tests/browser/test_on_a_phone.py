"""From the link of a hold to an informed veto on a phone: two taps, and what there is to know on the first screen."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.browser.conftest import People, Visit
from tests.browser.machines import Machine, resource

pytestmark = pytest.mark.browser

PHONE = (390, 844)


class Taps:
    """Counts what a finger does, and takes a picture of what it sees before and after."""

    def __init__(self, page: Page, shots: Path) -> None:
        self.page, self.shots, self.count = page, shots, 0

    def tap(self, target: Locator) -> None:
        target.click()
        self.count += 1

    def picture(self, name: str) -> None:
        self.page.screenshot(path=self.shots / f"phone-path-{name}.png", caret="initial")


def needed(page: Page, name: str) -> list[Locator]:
    """What must be read before an answer, in the order in which it stands."""
    return [
        page.locator(".crumb").get_by_text("Awaiting you"),
        page.get_by_role("heading", level=1, name=f"Scale {name} of frontend"),
        page.locator(".set-off").get_by_text("The error rate is 7.2 %"),
        page.get_by_text("high risk", exact=True),
        page.locator(".cd-big .cd-t"),
        page.locator(".cd-big").get_by_text("then it is dropped unless it is approved"),
        page.locator("#action").get_by_text("scale", exact=True),
        page.locator("#action").get_by_text(name),
        page.locator("#dec").get_by_role("button", name="Veto"),
        page.locator("#dec").get_by_role("button", name="Approve"),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_hold_is_vetoed_from_its_link_with_two_taps(
    visit: Visit, agent: Machine, people: People, shots: Path, scheme: str
):
    name = resource()
    asked = agent.propose(
        action=factories.action(service="frontend", resource=name),
        rationale="The error rate is 7.2 % over five minutes, and two more replicas have helped before.",
    )
    page = visit("ines", "/needs-you/", size=PHONE, scheme=scheme)
    waiting = page.get_by_role("navigation", name="Sections").locator("[data-needs]").inner_text()
    taps = Taps(page, shots)
    taps.picture(f"1-{scheme}")
    taps.tap(page.locator(f'.hold[data-id="{asked["id"]}"]'))
    for one in needed(page, name):
        expect(one).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0
    taps.picture(f"2-{scheme}")
    taps.tap(page.locator("#dec").get_by_role("button", name="Veto"))
    expect(page.locator("[data-result]")).to_have_text("Your veto is recorded.")
    expect(page.locator("[data-result]")).to_be_in_viewport()
    expect(page.get_by_role("navigation", name="Sections").locator("[data-needs]")).not_to_have_text(waiting)
    taps.picture(f"3-{scheme}")
    assert taps.count == 2
    assert people("david").state(asked) == "vetoed"
