"""A change of the policy, from one person's cell to another's answer, on a phone and without scripts. It must put nothing in force."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser
PHONE = (390, 844)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_cell_is_drafted_looked_at_and_taken_back(visit: Visit, scripts: bool):
    page = visit("marta", "/policy/", size=PHONE, scripts=scripts)
    page.get_by_role("link", name="Draft a change").click()
    page.get_by_label("Tier").select_option("0")
    page.get_by_label("Kind of action").select_option("scale")
    page.get_by_label("Level").select_option("L3")
    page.get_by_label("Asks").select_option("veto-5m")
    page.get_by_role("button", name="Change the cell").click()
    expect(page.get_by_text("1 cell looser, 0 cells tighter")).to_be_visible()
    page.get_by_label("Why").fill("Scaling is taken back in a minute.")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("heading", name="Draft of the policy")).to_be_visible()
    expect(page.get_by_text("A second person, an executive, puts it in force.")).to_be_visible()

    other = visit("helena", page.url, size=PHONE, scripts=scripts)
    expect(other.get_by_text("Scaling is taken back in a minute.")).to_be_visible()
    expect(other.locator(".turn-looser").first).to_have_text("looser")
    other.locator("summary", has_text="Put it in force").click()
    # Who has not said that they have read it is held back by the browser already.
    other.get_by_role("button", name="Put it in force as version").click()
    assert other.get_by_label("I have read what changes").evaluate("box => box.matches(':invalid')")
    assert other.url == page.url
    other.locator("summary", has_text="Withdraw it").click()
    other.get_by_role("button", name="Withdraw the draft").click()
    expect(other.get_by_text("The draft is withdrawn.")).to_be_visible()
    expect(other.locator(".state-expired", has_text="Withdrawn")).to_be_visible()


def test_everything_on_the_draft_page_is_reached_by_keys(visit: Visit):
    page = visit("marta", "/policy/drafts/new/")
    page.get_by_label("Tier").focus()
    met = []
    for _ in range(12):
        met.append(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
        page.keyboard.press("Tab")
    wanted = ["tier", "kind", "environment", "level", "requirement", "do", "document", "reason", "do", "do", "Cancel"]
    assert met[: len(wanted)] == wanted


@pytest.mark.parametrize("scripts", [True, False])
def test_the_line_is_whole_and_what_ran_is_counted_after_it(visit: Visit, scripts: bool):
    page = visit("noor", "/policy/", size=PHONE, scripts=scripts)
    expect(page.locator(".square").first).to_be_visible()
    if not scripts:
        page.get_by_role("link", name="Count what ran this month").click()
    expect(page.get_by_text("so far")).to_be_visible()
    href = page.locator("#line .all .tally a").first.get_attribute("href") or ""
    assert href.startswith("/decisions/?tier=")
    page.get_by_role("navigation", name="Environment").get_by_role("link", name="staging").click()
    expect(page.get_by_role("navigation", name="Environment").locator("[aria-current]")).to_have_text("staging")


def test_where_nothing_can_be_counted_the_line_stays(visit: Visit, watch: Watch):
    watch.expect("status of 500")
    page = visit("noor", "/policy/")
    expect(page.get_by_text("so far")).to_be_visible()
    page.route("**/policy/line/**", lambda route: route.fulfill(status=500, body="<p>It failed.</p>"))
    with page.expect_response("**/policy/line/**"):
        page.reload()
    page.wait_for_timeout(300)
    expect(page.locator(".square").first).to_be_visible()
    expect(page.get_by_role("link", name="Count what ran this month")).to_be_visible()
    expect(page.get_by_text("It failed.")).to_have_count(0)
