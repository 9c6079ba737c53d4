"""The keyboard: the sheet lists exactly the keys that work, and each of them does what the sheet says."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Visit
from tests.browser.machines import Machine, done, resource
from tests.browser.test_sign_off import owing
from tests.browser.timeline import Timeline
from tests.browser.watch import Watch, until

pytestmark = pytest.mark.browser

Check = Callable[[Page, Timeline], None]


def listed(page: Page) -> list[str]:
    """The keys of the sheet, as printed."""
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet).to_be_visible()
    found = sheet.locator("kbd").all_inner_texts()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    return found


def current(page: Page) -> int:
    """Which row of the list is the selected one; -1 for none."""
    row = page.locator("#pad .row[aria-current='true']:visible")
    return int(row.get_attribute("aria-posinset") or -1) if row.count() else -1


def steps(page: Page, shown: Timeline) -> None:
    page.keyboard.press("j")
    until(page, lambda: current(page) == 1, "the first row")
    page.keyboard.press("j")
    until(page, lambda: current(page) == 2, "the second row")
    expect(page.locator("#pad .row[aria-current='true']:visible")).to_be_focused()
    page.keyboard.press("k")
    until(page, lambda: current(page) == 1, "the first row again")


def opens_and_closes(page: Page, shown: Timeline) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(shown.pane.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(shown.pane).to_be_hidden()
    expect(page.locator("#pad .row[aria-current='true']:visible")).to_be_focused()
    page.keyboard.press("o")
    expect(shown.pane).to_be_visible()
    page.keyboard.press("Escape")
    shown.filter("deploy")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#shown")).to_contain_text("loaded")
    expect(page.locator("#q")).to_have_value("")


def walks_the_holds(page: Page, shown: Timeline) -> None:
    titles = [text.splitlines()[-1] for text in shown.holds.locator("a.hold").all_inner_texts()]
    heading = shown.pane.get_by_role("heading", level=1)
    page.keyboard.press("n")
    expect(heading).to_have_text(titles[0])
    page.keyboard.press("n")
    expect(heading).to_have_text(titles[1])
    page.keyboard.press("Shift+N")
    expect(heading).to_have_text(titles[0])


def arms_an_answer(page: Page, shown: Timeline) -> None:
    page.keyboard.press("n")
    expect(shown.pane.locator(".verdict")).to_be_visible()
    for key, name in (("a", "Approve"), ("v", "Veto")):
        page.keyboard.press(key)
        expect(shown.pane.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("r")
    expect(page.locator("#verdict-reason")).to_be_focused()
    page.keyboard.type("j k v a")
    expect(page.locator("#verdict-reason")).to_have_value("j k v a")
    expect(shown.pane.locator("[data-result]")).to_have_count(0)


def arms_help(page: Page, shown: Timeline) -> None:
    page.keyboard.press("n")
    expect(shown.pane.locator(".calls")).to_be_visible()
    page.keyboard.press("h")
    expect(shown.pane.get_by_role("button", name="Give people 15 minutes more")).to_be_focused()
    expect(shown.said).to_have_text("Press H again to give more time")
    page.keyboard.press("e")
    expect(shown.pane.get_by_role("button", name="Call")).to_be_focused()
    expect(shown.said).to_have_text("Press E again to call them")
    expect(shown.pane.locator("[data-result]")).to_have_count(0)


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def copies(page: Page, shown: Timeline) -> None:
    """The selected row's address, the mark's in the lanes, and that of the open decision before either."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('before')")
    page.keyboard.press("c")
    assert clipboard(page) == "before", "nothing is selected yet"
    page.keyboard.press("j")
    row = page.locator("#pad .row[aria-current='true']:visible")
    expect(row).to_be_focused()
    page.keyboard.press("c")
    expect(shown.said).to_have_text("Copied")
    address = clipboard(page)
    assert address.endswith(row.locator("a.title").get_attribute("href") or "nowhere")
    page.keyboard.press("n")
    expect(shown.pane.locator("#dec")).to_be_visible()
    page.keyboard.press("c")
    opened = shown.pane.locator("#dec").get_attribute("data-id")
    until(page, lambda: clipboard(page).endswith(f"/decisions/{opened}/"), "the address of the open one")
    assert clipboard(page).startswith("http")
    page.keyboard.press("Escape")
    page.locator("#lanes").focus()
    page.keyboard.press("ArrowLeft")
    until(page, lambda: page.evaluate("Boolean(oversight.lanes.selected)"), "a selected mark")
    page.keyboard.press("c")
    marked = page.evaluate("oversight.lanes.selected.id")
    until(page, lambda: clipboard(page).endswith(f"/decisions/{marked}/"), "the address of the mark")


def filters(page: Page, shown: Timeline) -> None:
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("")


def widens(page: Page, shown: Timeline) -> None:
    checked = page.locator("[name=window]:checked")
    expect(checked).to_have_value("1440")
    page.keyboard.press("[")
    expect(checked).to_have_value("10080")
    page.keyboard.press("]")
    page.keyboard.press("]")
    expect(checked).to_have_value("360")


def frames(page: Page, shown: Timeline) -> None:
    """The lanes go to the decision and come back: with the same key, with L, with the button."""
    bounds = "[oversight.lanes.from, oversight.lanes.to]"
    page.keyboard.press("f")
    page.keyboard.press("j")
    page.keyboard.press("j")
    at = page.evaluate("oversight.store.get(oversight.feed.current).at")
    way_back = page.get_by_role("button", name="Go live")

    def framed() -> bool:
        start, end = page.evaluate(bounds)
        return bool(start < at < end and end - start < 3 * 3600_000)

    assert not framed()
    for back in ("f", "l", "button"):
        page.keyboard.press("f")
        until(page, framed, "the lanes around it")
        expect(shown.said).to_contain_text("Lanes around")
        expect(way_back).to_be_visible()
        if back == "button":
            way_back.click()
        else:
            page.keyboard.press(back)
        until(page, lambda: not framed(), "the window again")
        expect(way_back).to_be_hidden()


def pauses(page: Page, shown: Timeline) -> None:
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Paused")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "false")


def goes_live(page: Page, shown: Timeline) -> None:
    page.locator("#feed").evaluate("host => { host.scrollTop = 800; }")
    until(page, lambda: shown.scrolled() > 700, "the list to scroll")
    page.keyboard.press("l")
    until(page, lambda: shown.scrolled() == 0, "the top")


def walks_the_lanes(page: Page, shown: Timeline) -> None:
    page.locator("#lanes").focus()
    seen = set()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowDown", "ArrowRight", "Home", "End"):
        before = shown.said.inner_text()
        page.keyboard.press(key)
        until(page, lambda: page.evaluate("Boolean(oversight.lanes.selected)"), "a selected mark")
        seen.add(shown.said.inner_text() or before)
    assert len(seen) > 2, "the arrows say where they land"
    page.keyboard.press("Enter")
    expect(shown.pane.get_by_role("heading", level=1)).to_be_focused()


def shows_the_sheet(page: Page, shown: Timeline) -> None:
    assert listed(page)


def goes_everywhere(page: Page, shown: Timeline) -> None:
    goes(page)


def goes(page: Page) -> None:
    """From wherever it is: each of the keys of every page leads where it says, and none of them does more."""
    for pressed, path in (("gs", "/sign-off/"), ("gr", "/reports/"), ("gt", "/"), (">", "/stop/")):
        if pressed == "gr" and not page.locator(".top nav a[href='/reports/']").count():
            continue
        for key in pressed:
            page.keyboard.press(key)
        page.wait_for_url(f"**{path}")
        expect(page.locator("#help")).to_have_count(1)
        expect(page.locator("#key-list kbd")).not_to_have_count(0)
    expect(page.locator("#stops .stopped")).to_have_count(0)


EVERYWHERE = ["G, T", "G, S", ">", "?"]
WITH_REPORTS = ["G, T", "G, S", "G, R", ">", "?"]
WORKS: dict[str, Check] = {
    "J": steps,
    "K": steps,
    "Enter or O": opens_and_closes,
    "Esc": opens_and_closes,
    "N": walks_the_holds,
    "Shift + N": walks_the_holds,
    "A, A": arms_an_answer,
    "V, V": arms_an_answer,
    "H, H": arms_help,
    "E, E": arms_help,
    "R": arms_an_answer,
    "C": copies,
    "/": filters,
    "[": widens,
    "]": widens,
    "F": frames,
    "Space": pauses,
    "L": goes_live,
    "← → ↑ ↓": walks_the_lanes,
    "G, T": goes_everywhere,
    "G, S": goes_everywhere,
    ">": goes_everywhere,
    "?": shows_the_sheet,
}


def test_the_timeline_lists_the_keys_that_are_tested_here(visit: Visit):
    page = visit("ines")
    Timeline(page).live()
    assert listed(page) == list(WORKS)


@pytest.mark.parametrize("check", dict.fromkeys(WORKS.values()), ids=lambda check: check.__name__)
def test_a_key_does_what_the_list_says(check: Check, visit: Visit, agent: Machine):
    for _ in range(2):
        agent.ask(resource())
    page = visit("ines")
    check(page, Timeline(page).live())


def test_keys_can_be_turned_off(visit: Visit):
    page = visit("ines", own=True)
    Timeline(page).live()
    page.keyboard.press("?")
    page.get_by_label("Turn single-key shortcuts off").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    page.keyboard.press("[")
    expect(page.locator("[name=window]:checked")).to_have_value("1440")
    assert current(page) == -1
    page.reload()
    Timeline(page).live()
    page.keyboard.press("?")
    expect(page.get_by_label("Turn single-key shortcuts off")).to_be_checked()


@pytest.mark.parametrize(
    "path", ["/policy/", "/account/", "/register/services/geo/", "/ledger/", "/stop/", "/nowhere/"]
)
def test_every_page_has_the_keys_that_lead_on(visit: Visit, path: str, watch: Watch):
    watch.expect("status of 404" if path == "/nowhere/" else "^$")
    page = visit("yuki", path)
    assert listed(page) == EVERYWHERE
    goes(page)


def test_the_reports_are_a_key_away_for_who_reads_them(visit: Visit):
    page = visit("helena", "/policy/")
    assert listed(page) == WITH_REPORTS
    goes(page)


def test_what_begins_with_g_and_ends_otherwise_does_nothing(visit: Visit, agent: Machine):
    asked = agent.ask(resource())
    page = visit("ines", f"/decisions/{asked['id']}/")
    page.keyboard.press("g")
    page.keyboard.press("v")
    expect(page.get_by_role("button", name="Veto")).not_to_be_focused()
    page.locator("#verdict-reason").focus()
    page.keyboard.type("gs > gt")
    expect(page.locator("#verdict-reason")).to_have_value("gs > gt")
    assert f"/decisions/{asked['id']}/" in page.url


def test_keys_are_off_on_every_page(visit: Visit):
    page = visit("ines", "/policy/", own=True)
    page.keyboard.press("?")
    page.get_by_label("Turn single-key shortcuts off").check()
    page.keyboard.press("Escape")
    for path in ("/policy/", "/needs-you/"):
        page.goto(path)
        for key in ("g", "s", ">", "j"):
            page.keyboard.press(key)
        assert page.url.endswith(path)
        page.keyboard.press("?")
        expect(page.get_by_label("Turn single-key shortcuts off")).to_be_checked()


def test_a_decisions_own_page_is_answered_by_keyboard(visit: Visit, agent: Machine):
    asked = agent.ask(resource())
    page = visit("ines", f"/decisions/{asked['id']}/")
    assert listed(page) == ["A, A", "V, V", "H, H", "E, E", "R", "C", *EVERYWHERE]
    page.keyboard.press("r")
    page.keyboard.type("It is what the runbook says.")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Approve")).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("[data-result]")).to_have_text("Your approval is recorded.")


def test_a_page_lists_only_the_keys_of_the_forms_it_has(visit: Visit, agent: Machine, people: People):
    owed = owing(agent, people("marta"))
    assert listed(visit("marta", f"/decisions/{owed['id']}/")) == ["R", "C", *WITH_REPORTS]
    assert listed(visit("samuel", f"/decisions/{owed['id']}/")) == ["C", *WITH_REPORTS]


def test_a_reader_without_a_mouse_gets_from_the_top_to_an_answer(visit: Visit, agent: Machine):
    asked = agent.ask(resource())
    page = visit("ines", "/needs-you/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    card = page.locator(".hold").filter(has_text=asked["title"])
    for _ in range(12):
        page.keyboard.press("Tab")
        if card.evaluate("card => card === document.activeElement"):
            break
    expect(card).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#dec")).to_be_visible()
    veto = page.get_by_role("button", name="Veto")
    for _ in range(40):
        page.keyboard.press("Tab")
        if veto.evaluate("button => button === document.activeElement"):
            break
    expect(veto).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-result]")).to_have_text("Your veto is recorded.")


def test_new_rows_never_take_the_focus(visit: Visit, agent: Machine):
    page = visit("ines")
    shown = Timeline(page).live()
    page.locator("#q").focus()
    name = resource()
    agent.report(done(name))
    expect(shown.row(name)).to_be_visible()
    expect(page.locator("#q")).to_be_focused()
