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
    expect(page.get_by_role("link", name="As a plain list")).to_be_visible()
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


def test_the_next_opens_and_the_last_is_corrected(visit: Visit, agent: Machine, people: People):
    one, _ = (owing(agent, people("marta"), "search") for _ in range(2))
    page = visit("marta", f"/sign-off/?service=search&selected={one['id']}", scripts=False)
    judge(page, "Accept", "Helped", "It was the right thing to do.")
    told = page.get_by_role("status").filter(has_text="Your sign-off is recorded.")
    expect(told.get_by_role("link", name=one["title"])).to_be_visible()
    assert page.locator("#dec").get_attribute("data-id") != one["id"]
    assert page.evaluate("document.activeElement.id") == "dec-h"
    told.get_by_role("link", name="Correct it").click()
    judge(page, "Refuse", "Harmed", "It was the wrong one.", "Agent error")
    assert [said["judgement"] for said in judged(people("marta"), one)] == ["accept", "refuse"]


def test_a_decision_is_set_aside_and_taken_back(visit: Visit, agent: Machine, people: People):
    decision = owing(agent, people("marta"), "recommendation")
    queue = f"/sign-off/?service=recommendation&selected={decision['id']}"
    page = visit("marta", queue, scripts=False, own=True)
    page.locator("#set-aside summary").click()
    page.get_by_role("button", name="4 hours", exact=True).click()
    row = page.locator(".queue > li").filter(has_text=decision["title"])
    expect(row).to_have_count(0)
    page.get_by_role("link", name="set aside").click()
    expect(row).to_contain_text("Set aside until")
    row.get_by_role("link").click()
    page.get_by_role("button", name="Take it back into the queue").click()
    page.goto(queue)
    expect(row).to_have_count(1)


def test_a_question_is_asked_and_answered(visit: Visit, agent: Machine, people: People):
    decision = owing(agent, people("marta"), "recommendation")
    queue = f"/sign-off/?service=recommendation&selected={decision['id']}"
    page = visit("marta", queue, scripts=False, own=True)
    page.locator("#ask summary").click()
    page.get_by_label("Question").fill("Who asked for this?")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("status").filter(has_text="Your question is recorded")).to_be_visible()
    row = page.locator(".queue > li").filter(has_text=decision["title"])
    expect(row).to_have_count(0)
    answer = visit("ines", f"/decisions/{decision['id']}/", scripts=False)
    expect(answer.locator("#dec")).to_contain_text("Who asked for this?")
    answer.get_by_label("Say something; it changes nothing").fill("I did.")
    answer.get_by_role("button", name="Comment").click()
    page.goto(queue)
    expect(row).to_contain_text("Answered")


def test_several_are_ticked_and_accepted(visit: Visit, agent: Machine, people: People):
    decision = owing(agent, people("marta"), "jaeger")
    page = visit("marta", f"/sign-off/?service=jaeger&selected={decision['id']}", scripts=False)
    page.locator(".queue > li").filter(has_text=decision["title"]).get_by_role("checkbox").check()
    form = page.locator("#accept-many")
    form.get_by_label("Effect").select_option(label="Helped")
    form.get_by_label("Reason").fill("Read, and right.")
    form.get_by_role("button").click()
    expect(page.get_by_role("status").filter(has_text="1 signed.")).to_be_visible()
    assert len(judged(people("marta"), decision)) == 1


def test_from_what_needs_people_one_goes_on_to_the_next(visit: Visit, agent: Machine):
    asked = [agent.ask(resource()) for _ in range(2)]
    page = visit("ines", "/needs-you/", scripts=False)
    page.locator(".hold").filter(has_text=asked[0]["title"]).click()
    page.get_by_role("button", name="Veto").click()
    expect(page.get_by_role("status").filter(has_text="Your veto is recorded.")).to_be_visible()
    following = page.locator(".next-hold")
    expect(following).to_contain_text("left)")
    title = following.locator("[data-next]").inner_text().removeprefix("Next: ")
    following.locator("[data-next]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


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


def test_time_is_given_somebody_is_called_and_something_is_said(visit: Visit, agent: Machine, people: People):
    asked = agent.ask(resource())
    page = visit("ines", f"/decisions/{asked['id']}/", scripts=False)
    page.get_by_role("button", name="Give people 15 minutes more").click()
    expect(page.get_by_role("status").filter(has_text="People have 15 minutes more.")).to_be_visible()
    page.get_by_role("button", name="Call Priya Raman").click()
    expect(page.get_by_role("status").filter(has_text="Priya Raman is called")).to_be_visible()
    page.get_by_label("Say something").fill("Priya knows this one.")
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_role("status").filter(has_text="Your comment is recorded.")).to_be_visible()
    theirs = visit("priya", "/ledger/", scripts=False)
    theirs.locator("#alarms details summary").or_(theirs.locator("#alarms .strip")).first.wait_for()
    theirs.locator("#alarms").get_by_role("button").first.click()
    theirs.wait_for_url(f"**/decisions/{asked['id']}/")
    expect(theirs.locator("#dec")).to_contain_text("Priya knows this one.")


def test_who_is_on_call_is_said(visit: Visit):
    page = visit("tomasz", "/register/groups/platform-on-call/on-call/", scripts=False)
    page.get_by_label("Called first").select_option(label="Priya Raman")
    page.get_by_label("Called second").select_option(label="Tomasz Wrona")
    page.get_by_role("button", name="Record").click()
    row = page.locator("tr").filter(has_text="Platform on call")
    expect(row).to_contain_text("Priya Raman, then Tomasz Wrona")
    row.get_by_role("link", name="Hand over").click()
    page.get_by_label("Called first").select_option(label="Tomasz Wrona")
    page.get_by_label("Called second").select_option(label="Priya Raman")
    page.get_by_role("button", name="Record").click()
    expect(row).to_contain_text("Tomasz Wrona, then Priya Raman")


def test_agents_are_stopped_and_let_go_on(visit: Visit, people: People):
    page = visit("marta", "/stop/", scripts=False)
    page.get_by_label("Type STOP").first.fill("stop")
    page.get_by_label("What to stop").select_option("service:geo")
    page.get_by_role("button", name="Stop").first.click()
    expect(page.locator("#stops")).to_contain_text("Agents on geo stopped")
    for person in ("marta", "david"):
        people(person).let_go_on()
    page.reload()
    expect(page.locator("#stops .stopped")).to_have_count(0)
