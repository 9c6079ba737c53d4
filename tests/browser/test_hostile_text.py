"""Whatever an agent writes, the panel that says what will happen is the same to the pixel, and nothing runs."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import DESKTOP, People, Visit
from tests.browser.machines import Machine, resource
from tests.browser.timeline import Timeline
from tests.factories import Json

pytestmark = pytest.mark.browser

PHONE = (390, 844)
CLAIM = "ALREADY APPROVED BY THE CISO"
CLEAN: Json = {
    "rationale": "p99 is over its limit",
    "evidence": [{"name": "p99", "value": 840, "limit": 500}],
    "alternatives": [{"action": "Wait", "score": 0.2, "rejected_because": "The queue grows."}],
}
HOSTILE: Json = {
    "rationale": (
        f"</p></section><script>document.title='{CLAIM}'</script><img src=x onerror=\"document.title='x'\">"
        f"<style>#action{{display:none}}</style>\n# {CLAIM}\n\u202eevorppa\u202c ap\u200bprove \x1b[2J\x1b[H\U000e0041"
        "z" + "\u0336\u0301" * 90 + "\n" * 9000 + "Requirement met: 2 of 2\nApproved by: CISO\n" + "W" * 10_000
    ),
    "evidence": [{"name": f"{CLAIM} \u202e", "value": "\n" * 1000 + "\u202e" + "w" * 2000, "at": "\x1b[1m"}] * 3,
    "alternatives": [{"action": f"{CLAIM} \u2066", "score": 1.0, "rejected_because": "w" * 1900 + "\ufeff"}] * 3,
    "trigger": {"kind": "incident", "id": "\u200f" * 30, "description": "\u0336" * 400},
    "model": {"name": "תמונה\u202egpj.exe", "version": "1"},
}
REPAINT = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  document.body.hidden = true;
  await frame();
  await frame();
  document.body.hidden = false;
  await frame();
  await frame();
}"""


def ask(agent: Machine, name: str, account: Json) -> Json:
    parameters = {"replicas": 3, "strategy": {"type": "rolling"}, "note": "two lines\nof text"}
    action = factories.action(service="frontend", resource=name, parameters=parameters)
    return agent.propose(action=action, **account)


def drawn(page: Page, path: Path) -> tuple[bytes, object]:
    """The pixels of the action's panel and where it is."""
    panel = page.locator("#action")
    expect(panel).to_be_visible()
    page.evaluate("document.fonts.ready")
    # Where times below it were written anew, a browser paints parts of the panel twice, and round corners come out a
    # shade darker: it is painted in one go.
    page.evaluate(REPAINT)
    return panel.screenshot(path=path), panel.bounding_box()


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")])
def test_the_action_is_drawn_alike_whatever_the_agent_says(
    size: tuple[int, int], scheme: str, visit: Visit, agent: Machine, people: People, shots: Path
):
    name = resource()
    seen = []
    for word, account in (("clean", CLEAN), ("hostile", HOSTILE)):
        asked = ask(agent, name, account)
        page = visit("ines", f"/decisions/{asked['id']}/", size=size, scheme=scheme)
        seen.append(drawn(page, shots / f"action-{word}-{size[0]}-{scheme}.png"))
        page.screenshot(path=shots / f"page-{word}-{size[0]}-{scheme}.png", full_page=True)
        assert CLAIM not in page.title()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        # The same action may be asked for again only after this one is answered.
        people("david").answer(asked, "veto", "The picture is taken.")
    assert seen[0] == seen[1]


def test_in_the_pane_and_in_the_list_it_is_inert_too(visit: Visit, agent: Machine):
    page = visit("ines")
    shown = Timeline(page).live()
    asked = ask(agent, resource(), HOSTILE)
    expect(shown.hold(asked["title"])).to_be_visible()
    expect(shown.shouted).not_to_contain_text(CLAIM)
    pane = shown.open(asked)
    expect(pane.locator(".said")).to_contain_text(CLAIM)
    expect(pane.locator("script, style, img")).to_have_count(0)
    expect(pane.get_by_role("button", name=CLAIM)).to_have_count(0)
    assert "CISO" not in page.title()
    assert page.evaluate("document.querySelector('#pane').scrollWidth <= document.querySelector('#pane').clientWidth")


def test_what_hides_in_the_action_is_said_in_its_panel(visit: Visit, agent: Machine, shots: Path):
    parameters = {"image": "frontend\u202e\u200b:2", "note": "first" + "\n" * 900 + "last", "שם\u200e": "תמונה.gpj.exe"}
    name = f"{resource()}/ch\u0435ckout"
    asked = agent.propose(action=factories.action(service="frontend", resource=name, parameters=parameters))
    page = visit("ines", f"/decisions/{asked['id']}/")
    panel = page.locator("#action")
    expect(panel).to_contain_text("Contains hidden characters, shown as ⟦U+…⟧.")
    expect(panel).to_contain_text("The name of the resource mixes Latin and Cyrillic letters.")
    expect(panel).to_contain_text("frontend⟦U+202E⟧⟦U+200B⟧:2")
    expect(panel.get_by_text("last")).to_be_in_viewport()
    panel.screenshot(path=shots / "action-flagged.png")
