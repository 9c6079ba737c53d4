"""Calling the next: with two presses of a key, to the pages that the person called has open, and seen by them alone."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import People, Visit
from tests.browser.machines import Machine, done, hidden, resource
from tests.browser.test_stops import listening
from tests.browser.timeline import Timeline
from tests.browser.watch import Watch, until

pytestmark = pytest.mark.browser


def called(page: Page) -> str:
    bar = page.locator("#alarms")
    return " ".join(bar.inner_text().split())


@pytest.mark.parametrize("where", ["pane", "page"])
def test_two_presses_call_the_next_and_the_third_person_sees_nothing(
    visit: Visit, agent: Machine, people: People, where: str
):
    name = resource()
    asked = agent.ask(name)
    priya, noor = people("priya"), people("noor")
    page = visit("ines", f"/decisions/{asked['id']}/" if where == "page" else "/")
    if where == "pane":
        Timeline(page).live().open(asked)
    button = page.locator("#dec .calls button")
    expect(button).to_contain_text("Call Priya Raman")
    page.keyboard.press("e")
    expect(button).to_be_focused()
    assert "You are called" not in priya.client.get("/ledger/").text
    page.keyboard.press("e")
    expect(page.locator("[data-result]")).to_have_text("Priya Raman is called, and sees it on every page.")
    expect(page.locator("#dec .calls")).to_contain_text("not seen yet")
    expect(button).to_contain_text("Call Tomasz Wrona")
    bar = priya.client.get("/ledger/").text
    assert "You are called" in bar
    assert name in bar
    assert "You are called" not in noor.client.get("/ledger/").text


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", ["/", "/register/"])
def test_a_call_comes_to_the_page_that_is_open_and_leads_to_the_decision(
    visit: Visit, agent: Machine, people: People, path: str, size: tuple[int, int]
):
    asked = agent.ask(resource())
    page = listening(visit, path, size=size)
    # Who listens is the auditor; on call is Ines: the call must not come to the auditor's page.
    theirs = visit("ines", path, size=size, own=True)
    theirs.wait_for_timeout(1200)
    marta = people("marta")
    fields = hidden(marta.client.get(f"/decisions/{asked['id']}/").text)
    assert marta.client.post(f"/decisions/{asked['id']}/call", data=fields).status_code == 200
    until(theirs, lambda: "You are called" in called(theirs), "the call")
    expect(theirs.locator("#shout")).to_contain_text("You are called")
    assert "You are called" not in called(page)
    assert theirs.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    theirs.locator("#alarms").get_by_role("button").first.click()
    theirs.wait_for_url(f"**/decisions/{asked['id']}/")
    expect(theirs.locator("#alarms")).not_to_contain_text("You are called")
    page = visit("marta", f"/decisions/{asked['id']}/")
    expect(page.locator("#dec .calls")).to_contain_text("seen")
    expect(page.locator("#dec .calls")).not_to_contain_text("not seen yet")


def test_an_alarm_comes_to_an_open_page_and_goes_when_somebody_has_seen_it(
    visit: Visit, agent: Machine, people: People
):
    page = visit("ines", "/policy/", own=True)
    page.wait_for_timeout(1200)
    service = f"stray-{resource()[9:]}"
    agent.report(done(resource(), target={"service": service}))
    until(page, lambda: service in (page.locator("#alarms").text_content() or ""), "the alarm")
    david = people("david").client
    (seq,) = [item["seq"] for item in david.get("/api/v1/alarms").json()["items"] if item["subject"] == service]
    david.post(f"/alarms/{seq}/acknowledge", data=hidden(david.get("/alarms/").text))
    until(page, lambda: service not in (page.locator("#alarms").text_content() or ""), "the alarm to go")


def test_a_member_hands_over_and_pages_say_so(visit: Visit):
    page = visit("ines", "/register/", own=True)
    expect(page.locator(".top")).to_contain_text("You are on call")
    page.locator("#groups").scroll_into_view_if_needed()
    page.get_by_role("link", name="Hand over in Booking on call").click()
    first, second = page.get_by_label("Called first"), page.get_by_label("Called second")
    first.select_option(label="Priya Raman")
    second.select_option(label="Inês Carvalho")
    page.get_by_role("button", name="Record").click()
    expect(page.locator("[role=status]")).to_contain_text("Recorded.")
    expect(page.locator(".top")).to_contain_text("2 on call")
    page.get_by_role("link", name="Hand over in Booking on call").click()
    page.get_by_label("Called first").select_option(label="Inês Carvalho")
    page.get_by_label("Called second").select_option(label="Priya Raman")
    page.get_by_role("button", name="Record").click()
    expect(page.locator(".top")).to_contain_text("You are on call")


def test_a_key_that_is_held_down_calls_nobody(visit: Visit, agent: Machine):
    asked = agent.ask(resource())
    page = visit("ines", f"/decisions/{asked['id']}/")
    for _ in range(12):
        page.keyboard.down("e")
    page.keyboard.up("e")
    page.wait_for_timeout(800)
    expect(page.locator("[data-result]")).to_have_count(0)
    expect(page.locator("#dec .calls")).not_to_contain_text("Called by")


def test_a_call_comes_though_the_first_question_for_it_fails(
    visit: Visit, agent: Machine, people: People, watch: Watch
):
    watch.expect("status of 503")
    page = listening(visit, "/policy/", person="ines")
    failed: list[str] = []

    def fails_once(route: Route) -> None:
        if failed:
            route.continue_()
        else:
            failed.append(route.request.url)
            route.fulfill(status=503, body="busy")

    page.route("**/alarms/bar/", fails_once)
    asked = agent.ask(resource())
    marta = people("marta").client
    marta.post(f"/decisions/{asked['id']}/call", data=hidden(marta.get("/stop/").text))
    until(page, lambda: "You are called" in called(page), "the call")
    assert failed
