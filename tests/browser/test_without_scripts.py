"""Without JavaScript: people read, answer and sign off by plain pages and forms."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import People, Visit
from tests.browser.machines import Machine, done, resource
from tests.browser.server import Demo
from tests.browser.test_sign_off import judge, judged, owing
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser


def test_a_person_signs_in(visit: Visit, demo: Demo):
    page = visit(None, "/accounts/login/", scripts=False)
    page.get_by_label("Username").fill("priya")
    page.get_by_label("Password").fill(demo.password("priya"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#pad .row")).to_have_count(40)


def test_the_timeline_and_a_decision_are_read(visit: Visit, agent: Machine):
    name = resource()
    agent.report(done(name, rationale="The queue is long."))
    page = visit("samuel", scripts=False)
    row = page.locator("#pad .row").filter(has_text=name)
    expect(row).to_contain_text("Executed")
    row.locator("a.title").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.locator("#dec")).to_contain_text("The queue is long.")
    page.locator(".trail").first.scroll_into_view_if_needed()
    expect(page.locator(".trail").first).to_contain_text("Reported by the agent")


def test_a_hold_is_found_and_vetoed(visit: Visit, agent: Machine, people: People):
    asked = agent.ask(resource())
    page = visit("ines", "/needs-you/", scripts=False)
    card = page.locator(".hold").filter(has_text=asked["title"])
    expect(card).to_contain_text("until ")
    card.click()
    page.get_by_label("Reason").fill("Not without a second look.")
    page.get_by_role("button", name="Veto").click()
    expect(page.get_by_role("status").filter(has_text="Your veto is recorded.")).to_be_visible()
    expect(page.locator(".crumb")).to_contain_text("Vetoed")
    assert people("david").state(asked) == "vetoed"


def test_a_hold_is_approved(visit: Visit, agent: Machine):
    asked = agent.ask(resource())
    page = visit("ines", f"/decisions/{asked['id']}/", scripts=False)
    page.get_by_label("Reason").fill("Seen the graph.")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status").filter(has_text="Your approval is recorded.")).to_be_visible()
    assert agent.wait(asked)["state"] == "authorized"


def test_a_late_answer_is_told_and_what_was_typed_is_kept(visit: Visit, agent: Machine, people: People, watch: Watch):
    watch.expect("status of 409")
    asked = agent.ask(resource())
    page = visit("ines", f"/decisions/{asked['id']}/", scripts=False)
    page.get_by_label("Reason").fill("It looks right to me")
    people("david").answer(asked, "veto")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_contain_text("Your answer was not applied.")
    expect(page.get_by_role("alert")).to_contain_text("It looks right to me")


def test_a_decision_is_signed_off_in_the_queue(visit: Visit, agent: Machine, people: People):
    decision = owing(agent, people("marta"), "istiod")
    page = visit("marta", "/sign-off/?service=istiod", scripts=False)
    page.locator(".queue > li").filter(has_text=decision["title"]).get_by_role("link").click()
    expect(page.locator("#dec")).to_have_attribute("data-id", decision["id"])
    judge(page, "Accept", "Helped", "It was the right thing to do.")
    expect(page.get_by_role("status").filter(has_text="Your sign-off is recorded.")).to_be_visible()
    (said,) = judged(people("marta"), decision)
    assert said["judgement"] == "accept"


def test_a_refused_form_keeps_what_was_chosen(visit: Visit, agent: Machine, people: People, watch: Watch):
    watch.expect("status of 400")
    decision = owing(agent, people("marta"))
    page = visit("marta", f"/decisions/{decision['id']}/", scripts=False)
    judge(page, "Refuse", "Harmed", "It deleted what nobody asked it to.")
    expect(page.get_by_role("alert")).to_contain_text("has a cause")
    expect(page.get_by_label("Refuse")).to_be_checked()
    expect(page.get_by_label("Effect")).to_have_value("harmed")


def test_on_a_phone_every_section_is_reached(visit: Visit):
    page = visit("helena", size=(390, 844), scripts=False)
    page.get_by_role("link", name="More").click()
    more = page.locator("#more")
    expect(more.get_by_role("link", name="Reports")).to_be_visible()
    more.get_by_role("link", name="Close").click()
    expect(more).to_be_hidden()
    page.get_by_role("link", name="More").click()
    more.get_by_role("link", name="Ledger").click()
    expect(page.get_by_role("heading", level=1, name="Ledger")).to_be_visible()
