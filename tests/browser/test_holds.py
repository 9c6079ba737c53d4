"""Holds: they appear, people answer them by mouse and by keyboard, and the agent learns what was said."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, Request, expect

from tests import factories
from tests.browser.conftest import People, Visit
from tests.browser.machines import Elsewhere, Machine, done, resource
from tests.browser.timeline import Timeline
from tests.browser.watch import Watch, until
from tests.factories import Json

pytestmark = pytest.mark.browser

REFUSED = r"status of 409"


def verdicts(people: Elsewhere, decision: Json) -> list[str]:
    """Every verdict that the ledger holds of `decision`."""
    answer = people.client.get(f"/api/v1/decisions/{decision['id']}")
    assert answer.status_code == 200, answer.text
    return [str(one["verdict"]) for one in answer.json()["verdicts"]]


def posts(page: Page) -> list[Request]:
    """The answers that the page sends from now on."""
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/verdict") else None)
    return sent


def test_a_hold_appears_and_is_spoken(visit: Visit, agent: Machine):
    page = visit("ines")
    shown = Timeline(page).live()
    asked = agent.ask(resource())
    card = shown.hold(asked["title"])
    expect(card).to_be_visible()
    expect(card).to_contain_text("high risk")
    expect(shown.shouted).to_contain_text(asked["title"])
    expect(page).to_have_title(re.compile(r"^\(\d+\) Timeline · Oversight$"))
    expect(page.get_by_role("navigation", name="Main").get_by_text("Needs you")).to_contain_text(re.compile(r"\d"))
    page.goto("/needs-you/")
    expect(page.locator(".hold").filter(has_text=asked["title"])).to_contain_text("1 of sre-approvers")


def test_a_countdown_runs_on_the_servers_clock(visit: Visit, agent: Machine):
    asked = agent.ask(resource())
    page = visit("ines", f"/decisions/{asked['id']}/")
    clock = page.locator(".cd-big .cd-t")
    first = clock.inner_text()
    expect(clock).not_to_have_text(first)
    minutes, seconds = clock.inner_text().split(":")
    assert 29 * 60 < int(minutes) * 60 + int(seconds) < 30 * 60
    expect(page.locator(".cd-big")).to_contain_text("then it is dropped unless it is approved")


def test_approved_by_mouse_the_agent_learns_it(visit: Visit, agent: Machine, pool: ThreadPoolExecutor):
    asked = agent.ask(resource())
    learnt = pool.submit(agent.wait, asked)
    shown = Timeline(visit("ines")).live()
    pane = shown.open(asked)
    pane.get_by_label("Reason").fill("The limit is real and the undo is stated.")
    pane.get_by_role("button", name="Approve").click()
    result = pane.locator("[data-result]")
    expect(result).to_have_text("Your approval is recorded.")
    expect(result).to_be_focused()
    expect(shown.hold(asked["title"])).to_have_count(0)
    assert learnt.result(timeout=20)["state"] == "authorized"
    expect(pane).to_contain_text("The limit is real and the undo is stated.")
    expect(pane.locator(".cd-big")).to_contain_text("to act on the approval")
    expect(pane.get_by_role("button", name="Veto")).to_be_enabled()


def test_vetoed_by_keyboard_the_agent_learns_it(visit: Visit, agent: Machine, pool: ThreadPoolExecutor):
    asked = agent.propose(action=factories.action(service="geo", resource=resource()))
    learnt = pool.submit(agent.wait, asked)
    page = visit("ines")
    shown = Timeline(page).live()
    sent = posts(page)
    page.keyboard.press("n")
    expect(shown.pane.get_by_role("heading", level=1)).to_be_focused()
    expect(shown.pane.get_by_role("heading", level=1)).to_have_text(asked["title"])
    page.keyboard.press("r")
    expect(page.locator("#verdict-reason")).to_be_focused()
    page.keyboard.type("vavavoom: not during a sale")
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    veto = shown.pane.get_by_role("button", name="Veto")
    expect(veto).to_be_focused()
    expect(shown.said).to_have_text("Press V again to veto")
    assert sent == []
    page.keyboard.press("v")
    expect(shown.pane.locator("[data-result]")).to_have_text("Your veto is recorded.")
    assert learnt.result(timeout=20)["state"] == "vetoed"
    assert len(sent) == 1
    expect(shown.pane).to_contain_text("vavavoom: not during a sale")


def test_one_press_and_then_another_key_answers_nothing(visit: Visit, agent: Machine, people: People):
    asked = agent.ask(resource())
    page = visit("ines")
    shown = Timeline(page).live()
    shown.open(asked)
    sent = posts(page)
    page.keyboard.press("v")
    expect(shown.said).to_have_text("Press V again to veto")
    page.keyboard.press("a")
    expect(shown.said).to_have_text("Press A again to approve")
    page.keyboard.press("v")
    expect(shown.said).to_have_text("Press V again to veto")
    assert sent == []
    assert people("david").state(asked) == "pending"


def test_a_double_click_records_one_verdict(visit: Visit, agent: Machine, people: People):
    asked = agent.ask(resource())
    page = visit("ines")
    pane = Timeline(page).live().open(asked)
    sent = posts(page)
    pane.get_by_role("button", name="Approve").dblclick()
    expect(pane.locator("[data-result]")).to_have_text("Your approval is recorded.")
    assert len(sent) == 1
    assert verdicts(people("david"), asked) == ["approve"]


def test_a_double_click_without_scripts_records_one_verdict(visit: Visit, agent: Machine, people: People):
    asked = agent.ask(resource())
    page = visit("ines", f"/decisions/{asked['id']}/", scripts=False)
    page.get_by_role("button", name="Approve").dblclick()
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    assert verdicts(people("david"), asked) == ["approve"]


def test_an_answer_that_never_arrived_may_be_sent_again(visit: Visit, agent: Machine, people: People, watch: Watch):
    watch.expect("ERR_FAILED|Failed to fetch")
    asked = agent.ask(resource())
    page = visit("ines")
    pane = Timeline(page).live().open(asked)
    page.route("**/verdict", lambda route: route.abort())
    pane.get_by_label("Reason").fill("The line was cut.")
    pane.get_by_role("button", name="Veto").click()
    expect(pane.locator(".error")).to_contain_text("it is not known whether this was recorded")
    expect(pane.get_by_label("Reason")).to_have_value("The line was cut.")
    page.unroute("**/verdict")
    pane.get_by_role("button", name="Veto").click()
    expect(pane.locator("[data-result]")).to_have_text("Your veto is recorded.")
    assert verdicts(people("david"), asked) == ["veto"]


def test_an_answer_that_arrived_though_its_receipt_was_lost_counts_once(
    visit: Visit, agent: Machine, people: People, watch: Watch
):
    watch.expect(f"ERR_FAILED|Failed to fetch|{REFUSED}")
    asked = agent.ask(resource())
    page = visit("ines", f"/decisions/{asked['id']}/")

    def lose(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/verdict", lose)
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".error")).to_contain_text("it is not known whether this was recorded")
    page.unroute("**/verdict")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("[data-result]")).to_be_visible()
    assert verdicts(people("david"), asked) == ["approve"]


def test_somebody_else_decides_while_the_pane_is_open(visit: Visit, agent: Machine, people: People):
    asked = agent.ask(resource())
    shown = Timeline(visit("ines")).live()
    pane = shown.open(asked)
    pane.get_by_label("Reason").fill("I was about to say")
    people("david").answer(asked, "veto", "Not during the sale.")
    expect(pane).to_contain_text("David Okafor")
    expect(pane.locator(".crumb")).to_contain_text("Vetoed")
    expect(pane.get_by_role("button", name="Approve")).to_have_count(0)
    expect(pane).to_contain_text("I was about to say")
    expect(shown.shouted).to_contain_text("Vetoed")


def test_somebody_else_decides_and_the_page_has_not_heard_of_it(
    visit: Visit, agent: Machine, people: People, watch: Watch
):
    watch.expect(f"{REFUSED}|ERR_FAILED")
    asked = agent.ask(resource())
    page = visit("ines")
    page.route("**/api/v1/decisions/**", lambda route: route.abort())
    page.goto(f"/decisions/{asked['id']}/")
    page.get_by_label("Reason").fill("It looks right to me")
    people("david").answer(asked, "veto", "Not during the sale.")
    page.get_by_role("button", name="Approve").click()
    result = page.locator("[data-result]")
    expect(result).to_contain_text("Your answer was not applied.")
    expect(result).to_contain_text("vetoed by David Okafor")
    expect(result).to_contain_text("It looks right to me")
    expect(result).to_be_focused()
    assert verdicts(people("david"), asked) == ["veto"]


def test_another_approval_in_between_is_told_and_what_was_typed_is_kept(visit: Visit, agent: Machine, people: People):
    asked = agent.propose(action=factories.action(service="frontend", kind="config_change", resource=resource()))
    shown = Timeline(visit("ines")).live()
    pane = shown.open(asked)
    box = pane.get_by_label("Reason")
    box.fill("Half a thou")
    people("marta").answer(asked, "approve", "The first of two.")
    expect(pane).to_contain_text("Marta Lindqvist: approve")
    expect(box).to_have_value("Half a thou")
    expect(box).to_be_focused()
    box.press_sequentially("ght")
    pane.get_by_role("button", name="Approve").click()
    expect(pane.locator("[data-result]")).to_have_text("Your approval is recorded.")
    assert verdicts(people("david"), asked) == ["approve", "approve"]
    expect(pane.locator(".crumb")).to_contain_text("Approved")


def test_a_person_cannot_give_both_of_two_approvals(visit: Visit, agent: Machine):
    asked = agent.propose(action=factories.action(service="frontend", kind="config_change", resource=resource()))
    page = visit("marta", f"/decisions/{asked['id']}/")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("[data-result]")).to_have_text("Your approval is recorded.")
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    expect(page.locator(".verdict")).to_contain_text("You have approved this already.")
    expect(page.locator(".crumb")).to_contain_text("Awaiting you")


def test_an_agents_owner_is_told_who_may_approve(visit: Visit, agent: Machine):
    asked = agent.ask(resource())
    page = visit("tomasz", f"/decisions/{asked['id']}/")
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    expect(page.get_by_role("button", name="Veto")).to_be_enabled()
    expect(page.locator(".verdict")).to_contain_text("The agent's owner may not approve its actions.")


def test_a_viewer_sees_a_hold_and_no_buttons(visit: Visit, agent: Machine):
    asked = agent.ask(resource())
    page = visit("noor", f"/decisions/{asked['id']}/")
    expect(page.locator(".verdict")).to_contain_text("approve takes one of these roles")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def test_a_person_who_was_signed_out_keeps_what_they_typed(visit: Visit, agent: Machine, people: People, watch: Watch):
    watch.expect("status of 40[13]")
    # The line of the page is refused as well.
    watch.expect("WebSocket connection")
    asked = agent.ask(resource())
    page = visit("ines", f"/decisions/{asked['id']}/", own=True)
    page.get_by_label("Reason").fill("Typed with one hand")
    page.context.clear_cookies(name="oversight")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".error")).to_contain_text("You are signed out. Nothing was recorded")
    expect(page.get_by_label("Reason")).to_have_value("Typed with one hand")
    expect(page.locator(".error").get_by_role("link", name="Sign in")).to_be_visible()
    assert people("david").state(asked) == "pending"


def test_a_window_that_nobody_vetoes_says_what_happens(visit: Visit, agent: Machine):
    asked = agent.propose(action=factories.action(service="geo", resource=resource()))
    assert asked["state"] == "window"
    page = visit("ines", f"/decisions/{asked['id']}/")
    # Whether somebody who can veto is there depends on the pages that other tests have open.
    expect(page.locator(".cd-big")).to_contain_text(
        re.compile("then it (may run unless somebody vetoes|is dropped: nobody)")
    )


def test_on_a_phone_the_answer_stays_within_reach(visit: Visit, agent: Machine):
    asked = agent.ask(resource())
    page = visit("ines", size=(390, 844))
    Timeline(page).live().hold(asked["title"]).click()
    expect(page.locator("#dec")).to_be_visible()
    for name in ("Veto", "Approve"):
        button = page.get_by_role("button", name=name)
        expect(button).to_be_in_viewport()
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.mouse.wheel(0, 250)
    until(page, lambda: page.evaluate("scrollY") > 200, "the page to scroll")
    page.get_by_role("button", name="Veto").click()
    expect(page.locator("[data-result]")).to_have_text("Your veto is recorded.")


def test_what_waits_stays_in_the_strip_however_much_came_after_it(visit: Visit, agent: Machine, watch: Watch):
    watch.expect("ERR_FAILED")
    asked = agent.ask(resource())
    name = resource()
    for _ in range(3):
        agent.report(*(done(name) for _ in range(80)))
    page = visit("samuel", own=True)
    # As if there were thousands more than are ever loaded.
    page.route("**/api/v1/timeline?before=*", lambda route: route.abort())
    page.reload()
    Timeline(page).live()
    page.wait_for_timeout(500)
    assert page.evaluate("id => oversight.store.sorted.every(row => row.id !== id)", asked["id"])
    assert page.evaluate("id => oversight.store.holds().some(row => row.id === id)", asked["id"])
