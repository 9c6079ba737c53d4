"""The queues by keyboard: the sheet of each lists exactly the keys that work, and each does what the sheet says."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import People, Visit
from tests.browser.machines import Machine, resource
from tests.browser.test_keyboard import EVERYWHERE, WITH_REPORTS, listed
from tests.browser.test_sign_off import judged, owing

pytestmark = pytest.mark.browser

QUEUE_KEYS = ["J", "K", "Enter", "1", "2", "3", "H", "R", "C", "Ctrl + Enter", "X", "Shift + X", "Z"]


def test_the_sign_off_queue_by_keyboard(visit: Visit, agent: Machine, people: People):
    decisions = [owing(agent, people("marta"), "mongodb-user") for _ in range(2)]
    page = visit("marta", "/sign-off/?service=mongodb-user", own=True)
    assert listed(page) == [*QUEUE_KEYS, *WITH_REPORTS]
    page.keyboard.press("j")
    second = page.locator(".queue a").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(".queue a").first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#dec")).to_have_attribute("data-id", decisions[1]["id"])
    form = page.locator(".sign-off form").first
    page.keyboard.press("3")
    expect(form.get_by_label("Refuse")).to_be_checked()
    page.keyboard.press("1")
    expect(form.get_by_label("Accept")).to_be_checked()
    form.get_by_label("Effect").select_option("helped")
    page.locator("h1").first.click()
    page.keyboard.press("r")
    expect(form.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("123 words are enough, jkhxz")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Your sign-off is recorded.")).to_be_visible()
    expect(page.locator("#dec-h")).to_be_focused()
    page.keyboard.press("z")
    page.wait_for_url(f"**/decisions/{decisions[1]['id']}/?correct=1#dec-sign")
    expect(page.locator(".sign-off form")).to_be_visible()
    assert len(judged(people("marta"), decisions[1])) == 1, "it opens the form, and unsigns nothing"


def test_to_ask_and_to_set_aside_by_keyboard(visit: Visit, agent: Machine, people: People):
    asked, put_off = (owing(agent, people("marta"), "profile") for _ in range(2))
    queue = "/sign-off/?service=profile"
    page = visit("marta", f"{queue}&selected={asked['id']}", own=True)
    page.keyboard.press("2")
    expect(page.get_by_label("Question")).to_be_focused()
    page.keyboard.type("1 or 2 of them? h")
    page.get_by_role("button", name="Ask").press("Enter")
    row = page.locator(".queue > li")
    expect(row.filter(has_text=asked["title"])).to_have_count(0)
    page.goto(f"{queue}&selected={put_off['id']}")
    page.keyboard.press("h")
    first = page.get_by_role("button", name="1 hour")
    expect(first).to_be_focused()
    expect(row.filter(has_text=put_off["title"])).to_have_count(1)
    page.keyboard.press("Enter")
    expect(row.filter(has_text=put_off["title"])).to_have_count(0)
    page.get_by_role("link", name="set aside").click()
    expect(row.filter(has_text=asked["title"])).to_contain_text("Asked; waits for an answer until")
    expect(row.filter(has_text=put_off["title"])).to_contain_text("Set aside until")


def test_rows_are_ticked_by_keyboard(visit: Visit, agent: Machine, people: People):
    for _ in range(4):
        owing(agent, people("marta"), "profile")
    page = visit("marta", "/sign-off/?service=profile", own=True)
    boxes = page.locator(".pick")
    page.keyboard.press("x")
    expect(boxes.first).to_be_checked()
    page.keyboard.press("x")
    expect(boxes.first).not_to_be_checked()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    assert [box.is_checked() for box in boxes.all()[:4]] == [False, True, True, True]
    expect(page.locator("#accept-many")).to_contain_text("Accept 0 of 3 chosen")
    expect(page.locator("#say")).to_contain_text("Accept 0 of 3 chosen")


def test_what_needs_people_by_keyboard(visit: Visit, agent: Machine):
    for _ in range(2):
        agent.ask(resource())
    page = visit("ines", "/needs-you/")
    assert listed(page) == ["N", "Shift + N", "J", "K", "Enter", *EVERYWHERE]
    links = page.locator("main :is(.queue, .cards, .others) > li").locator("a")
    cards = page.locator(".cards a.hold")
    page.keyboard.press("n")
    expect(cards.first).to_be_focused()
    page.keyboard.press("n")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("Shift+N")
    expect(cards.first).to_be_focused()
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    expect(links.first).to_be_focused()
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(links.first).to_be_focused()
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    page.wait_for_url("**/decisions/**")
    assert listed(page) == ["A, A", "V, V", "H, H", "E, E", "R", "C", "N", *EVERYWHERE]
    page.keyboard.press("v")
    page.keyboard.press("v")
    expect(page.locator("[data-result]")).to_have_text("Your veto is recorded.")
    title = page.locator("[data-next]").inner_text().removeprefix("Next: ")
    expect(page.locator(".next-hold .cd-t")).to_contain_text(":")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
