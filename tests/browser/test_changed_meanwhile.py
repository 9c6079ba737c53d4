"""A decision that changes while somebody reads it: it is drawn anew, what is new is said, and nothing else is answered."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Visit
from tests.browser.machines import Machine, hidden, resource
from tests.browser.timeline import Timeline
from tests.browser.watch import until

pytestmark = pytest.mark.browser

PHONE = (390, 844)
TYPED = "The sale ends at noon, so"
DRAWN_OTHERWISE = "document.querySelector('#dec input[name=display_hash]').value = 'sha256:what was read'"


def extended(people: People, decision: dict[str, str]) -> None:
    """Somebody gives people more time, which is a newer version of the same question."""
    client, path = people("david").client, f"/decisions/{decision['id']}/"
    answer = client.post(f"{path}extend", data={**hidden(client.get(path).text), "minutes": "15"})
    assert answer.status_code == 200, answer.text[:500]


def reading(visit: Visit, agent: Machine, where: str) -> tuple[Page, dict[str, str]]:
    """Ines reads a hold in the pane, or on its own page on a phone, and has begun to type."""
    asked = agent.ask(resource())
    page = visit(
        "ines", f"/decisions/{asked['id']}/" if where == "page" else "/", size=PHONE if where == "page" else (1440, 900)
    )
    if where == "pane":
        Timeline(page).live().open(asked)
    page.locator("#verdict-reason").fill(TYPED)
    return page, asked


@pytest.mark.parametrize("where", ["pane", "page"])
def test_what_is_new_is_said_and_what_was_typed_stays(visit: Visit, agent: Machine, people: People, where: str):
    page, asked = reading(visit, agent, where)
    extended(people, asked)
    expect(page.locator("#changed")).to_contain_text("Changed since you opened it: More time given")
    expect(page.locator("#verdict-reason")).to_have_value(TYPED)
    expect(page.locator("#verdict-reason")).to_be_focused()
    expect(page.locator("#say")).to_contain_text("More time given")
    page.locator("#dec button[value=veto]").click()
    expect(page.locator("[data-result]")).to_have_text("Your veto is recorded.")
    assert people("david").state(asked) == "vetoed"


@pytest.mark.parametrize("where", ["pane", "page"])
def test_nobody_counts_as_present_by_what_follows_a_decision(visit: Visit, agent: Machine, people: People, where: str):
    page, asked = reading(visit, agent, where)
    asks: list[tuple[str, bool]] = []
    page.on("request", lambda request: asks.append((request.url, "x-unasked" in request.headers)))

    def looks() -> int:
        return sum(url.endswith(f"/decisions/{asked['id']}/") for url, _ in asks)

    extended(people, asked)
    until(page, lambda: looks() == 1, "the decision to be drawn anew")
    extended(people, asked)
    until(page, lambda: looks() == 2, "the decision to be drawn anew once more")
    assert [url for url, by_itself in asks if "/decisions/" in url and not by_itself] == []


@pytest.mark.parametrize("where", ["pane", "page"])
def test_what_is_drawn_otherwise_takes_a_second_look_before_it_is_answered(
    visit: Visit, agent: Machine, people: People, where: str
):
    page, asked = reading(visit, agent, where)
    page.evaluate(DRAWN_OTHERWISE)
    extended(people, asked)
    approve = page.get_by_role("button", name=re.compile(r"^Approve\b"))
    reviewed = page.get_by_role("button", name="Reviewed")
    expect(page.locator("#changed")).to_contain_text("Read it again before you answer")
    expect(approve).to_be_disabled()
    expect(reviewed).to_be_disabled()
    expect(reviewed).to_be_enabled()
    expect(approve).to_be_disabled()
    reviewed.click()
    expect(page.locator("#changed")).to_have_count(0)
    expect(page.locator("#dec-h")).to_be_focused()
    approve.click()
    expect(page.locator("[data-result]")).to_have_text("Your approval is recorded.")


@pytest.mark.parametrize("where", ["pane", "page"])
def test_somebody_else_answers_and_the_words_are_kept(visit: Visit, agent: Machine, people: People, where: str):
    page, asked = reading(visit, agent, where)
    people("david").answer(asked, "veto", "Not during the sale.")
    expect(page.locator("#changed")).to_contain_text("Verdict given")
    expect(page.locator("#dec")).to_have_attribute("data-state", "vetoed")
    expect(page.locator("#unplaced")).to_contain_text(TYPED)
    expect(page.locator("#dec button[name=verdict]")).to_have_count(0)
