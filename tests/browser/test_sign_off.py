"""Sign-off: a manager judges what an agent did, in the queue and on the decision's own page."""

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import People, Visit
from tests.browser.machines import Elsewhere, Machine, resource
from tests.browser.watch import Watch
from tests.factories import Json

pytestmark = pytest.mark.browser


def owing(agent: Machine, reader: Elsewhere, service: str = "reservation") -> Json:
    """A decision beyond its level, which owes a sign-off."""
    name = resource()
    act = factories.action(service=service, kind="delete", resource=name, parameters={})
    agent.report(factories.event(action=act, outcome={"status": "failed", "detail": "forbidden"}))
    (found,) = reader.client.get("/api/v1/decisions", params={"q": name}).json()["items"]
    return dict(found)


def judged(reader: Elsewhere, decision: Json) -> list[Json]:
    answer = reader.client.get(f"/api/v1/decisions/{decision['id']}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["sign_offs"])


def judge(page: Page, judgement: str, effect: str, reason: str, cause: str = "") -> None:
    form = page.locator(".sign-off form")
    form.get_by_label(judgement).check()
    form.get_by_label("Effect").select_option(label=effect)
    if cause:
        form.get_by_label("Cause").select_option(label=cause)
    form.get_by_label("Reason").fill(reason)
    form.get_by_role("button", name="Sign off").click()


def test_a_manager_refuses_with_effect_and_cause_on_the_page(visit: Visit, agent: Machine, people: People):
    decision = owing(agent, people("marta"))
    page = visit("marta", f"/decisions/{decision['id']}/")
    expect(page.locator("#beyond")).to_contain_text(
        "Policy allowed L2 approve to act; the agent acted at L4 act alone."
    )
    page.get_by_role("link", name="Judge it below").click()
    expect(page.locator("#dec-sign")).to_be_in_viewport()
    judge(page, "Refuse", "Harmed", "It deleted what nobody asked it to.", "Agent error")
    expect(page.locator("[data-result]")).to_have_text("Your sign-off is recorded. Correct it")
    expect(page.locator(".sign-off")).to_contain_text("Refused")
    expect(page.locator(".sign-off form")).to_be_hidden()
    (said,) = judged(people("marta"), decision)
    assert (said["judgement"], said["effect"], said["cause"]) == ("refuse", "harmed", "agent_error")


def test_in_the_queue_the_next_one_opens_after_an_answer(visit: Visit, agent: Machine, people: People):
    for _ in range(2):
        owing(agent, people("marta"), "user")
    page = visit("marta", "/sign-off/?service=user")
    current = page.locator(".queue > li[aria-current] a")
    links = page.locator(".queue > li a")
    before = links.count()
    following = links.nth(1).get_attribute("href")
    judge(page, "Accept", "No effect", "The database was already gone.")
    expect(page.get_by_role("status").filter(has_text="Your sign-off is recorded.")).to_be_visible()
    assert "service=user" in page.url
    expect(links).to_have_count(before - 1)
    assert current.get_attribute("href") == following
    expect(page.locator("#dec-h")).to_be_focused()
    expect(page.locator("#dec-h")).to_be_in_viewport()


def test_what_was_chosen_survives_a_refusal_of_the_form(visit: Visit, agent: Machine, people: People, watch: Watch):
    watch.expect("status of 400")
    decision = owing(agent, people("marta"))
    page = visit("marta", f"/decisions/{decision['id']}/")
    judge(page, "Refuse", "Harmed", "It deleted what nobody asked it to.")
    expect(page.locator("[data-result]")).to_contain_text("A refusal, or a harmful effect, has a cause.")
    form = page.locator(".sign-off form")
    expect(form.get_by_label("Refuse")).to_be_checked()
    expect(form.get_by_label("Effect")).to_have_value("harmed")
    expect(form.get_by_label("Reason")).to_have_value("It deleted what nobody asked it to.")
    form.get_by_label("Cause").select_option(label="Policy gap")
    form.get_by_role("button", name="Sign off").click()
    expect(page.locator("[data-result]")).to_have_text("Your sign-off is recorded. Correct it")
    assert len(judged(people("marta"), decision)) == 1


def test_the_last_one_leaves_an_empty_queue(visit: Visit, agent: Machine, people: People):
    decision = owing(agent, people("marta"), "mongodb-reservation")
    page = visit("marta", "/sign-off/?service=mongodb-reservation")
    while page.locator("#dec").count():
        judge(page, "Accept", "No effect", "The database was already gone.")
        expect(page.get_by_role("status").filter(has_text="Your sign-off is recorded.")).to_be_visible()
    expect(page.locator("#nothing")).to_contain_text("Nothing to sign off here")
    expect(page.locator("#nothing")).to_be_focused()
    page.get_by_role("status").get_by_role("link", name="Correct it").click()
    expect(page.locator("#dec-sign")).to_be_in_viewport()
    judge(page, "Refuse", "Harmed", "It was needed after all.", "Agent error")
    expect(page.locator("[data-result]")).to_contain_text("Your sign-off is recorded.")
    said = judged(people("marta"), decision)
    assert [one["judgement"] for one in said] in (["accept", "refuse"], ["accept"])


def test_several_are_accepted_with_the_same_words(visit: Visit, agent: Machine, people: People):
    decisions = [owing(agent, people("marta"), "rate") for _ in range(3)]
    page = visit("marta", "/sign-off/?service=rate", own=True)
    bar = page.locator("#accept-many")
    expect(bar).to_be_hidden()
    boxes = page.locator(".pick")
    expect(page.locator(".pick:checked")).to_have_count(0)
    total = boxes.count()
    boxes.first.check()
    boxes.nth(1).check()
    expect(bar).to_contain_text(f"Accept 0 of 2 chosen ({total} match)")
    for place in range(2):
        page.goto("/sign-off/?service=rate")
        page.locator(".queue a").nth(place).click()
        expect(page.locator("#dec")).to_be_visible()
    boxes.first.check()
    boxes.nth(1).check()
    expect(bar).to_contain_text(f"Accept 2 of 2 chosen ({total} match)")
    boxes.last.check()
    expect(bar).to_contain_text(f"Accept 2 of 3 chosen ({total} match)")
    bar.get_by_label("Effect").select_option(label="No effect")
    bar.get_by_label("Reason").fill("Two that I read, and one that I did not.")
    bar.get_by_role("button").click()
    told = page.get_by_role("status").filter(has_text="2 signed")
    expect(told).to_contain_text("1 must be opened first")
    expect(boxes).to_have_count(total - 2)
    signed = [one for one in decisions if judged(people("marta"), one)]
    assert len(signed) == 2


def test_the_queue_says_how_much_is_owed_and_filters(visit: Visit, agent: Machine, people: People):
    decision = owing(agent, people("marta"), "consul")
    page = visit("marta", "/sign-off/")
    counted = int(page.locator(".stats b").first.inner_text().replace(",", ""))
    assert counted >= 90
    page.get_by_label("Service").select_option("consul")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".queue > li").filter(has_text=decision["title"])).to_have_count(1)
    for text in page.locator(".queue > li").all_inner_texts():
        assert "consul" in text
    page.get_by_role("link", name="Clear").click()
    expect(page.locator(".queue > li").first).to_be_visible()
    assert page.url.endswith("/sign-off/")


def test_a_responder_sees_the_queue_and_is_told_who_may_sign(visit: Visit, agent: Machine, people: People):
    decision = owing(agent, people("marta"))
    page = visit("ines", f"/decisions/{decision['id']}/")
    expect(page.locator(".sign-off")).to_contain_text("sign off takes one of these roles")
    expect(page.locator(".sign-off form")).to_have_count(0)


def test_the_timeline_marks_what_went_beyond_its_level(visit: Visit, agent: Machine, people: People):
    decision = owing(agent, people("marta"))
    page = visit("samuel")
    row = page.locator("#pad .row").filter(has_text=decision["title"])
    expect(row).to_contain_text("Beyond permitted autonomy: L4, allowed L2")
