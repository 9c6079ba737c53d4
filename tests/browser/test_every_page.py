"""What holds on every page: no complaint on the console, no sideways scroll, nothing that axe-core finds, a picture of it."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.conftest import DESKTOP, Visit
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser

PHONE = (390, 844)
NARROW = (320, 640)
SIZES = {"desktop": DESKTOP, "phone": PHONE, "narrow": NARROW}


def live(page: Page) -> None:
    """The timeline has its socket, its rows and its lanes."""
    expect(page.locator("#conn")).to_have_text("Live")
    expect(page.locator("#shown")).to_contain_text("loaded")
    expect(page.locator("#pad")).to_have_attribute("aria-busy", "false")


def pane(page: Page) -> None:
    """On a desktop the decision opens beside the lanes; on a phone it has a page of its own."""
    live(page)
    page.locator("#legend [data-badge=beyond]").click()
    page.locator(".row.beyond:visible a.title").first.click()
    expect(page.locator("#dec")).to_be_visible()


def key_list(page: Page) -> None:
    live(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def filtered_to_nothing(page: Page) -> None:
    live(page)
    page.locator("#q").fill("nothing is called this")
    expect(page.locator("#feed-none")).to_be_visible()


def menu(page: Page) -> None:
    """The person's menu, or what is behind More on a phone."""
    phone = page.get_by_role("link", name="More")
    if phone.is_visible():
        phone.click()
        expect(page.get_by_role("dialog", name="More")).to_be_visible()
    else:
        page.locator(".me summary").click()


ALONE = ".queue a[href*='selected=']"


def several(page: Page) -> None:
    """One that was opened among those ticked."""
    page.goto(urljoin(page.url, page.locator(ALONE).first.get_attribute("href") or ""))
    for box in page.locator(".pick").all()[:3]:
        box.check()
    expect(page.locator("#accept-many")).to_contain_text("of 3 chosen")


def a_crowd(page: Page) -> None:
    """Those that are alike, with the whole name of their episode."""
    page.locator(".queue a:not([href*='selected='])").first.click()
    expect(page.get_by_role("link", name="The whole queue")).to_be_visible()


def put_off(page: Page) -> None:
    page.locator(ALONE).first.click()
    expect(page.locator("#dec")).to_be_visible()
    for summary in page.locator(".put-off summary").all():
        summary.click()
    expect(page.get_by_role("button", name="24 hours")).to_be_visible()


def a_rejected_form(page: Page) -> None:
    page.get_by_label("Environments").fill("nonsense")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist")).to_be_visible()


def glass(page: Page) -> None:
    page.get_by_text("Break the glass", exact=True).click()
    expect(page.get_by_label("Why it cannot wait (at least 10 characters)")).to_be_visible()


def a_link(page: Page) -> None:
    page.get_by_role("button", name="Make an invitation link").or_(
        page.get_by_role("button", name="Make a link")
    ).click()
    expect(page.locator("#new-link")).to_be_visible()


def a_report_asked_for(page: Page) -> None:
    page.locator("summary", has_text="Build a report").click()
    expect(page.get_by_label("Or from day")).to_be_visible()


def a_short_password(page: Page) -> None:
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("New password, once more").fill("shorter")
    page.get_by_role("button", name="Change it").click()
    expect(page.locator(".errorlist").first).to_be_visible()


def counted(page: Page) -> None:
    """The counts have come after the page."""
    expect(page.locator("#line .all .tally").first).to_be_visible()


def a_draft_opened(page: Page) -> None:
    """With both ways to answer it."""
    for name in ("Put it in force", "Withdraw it"):
        page.locator("summary", has_text=name).click()


def a_cell_changed(page: Page) -> None:
    page.get_by_label("Level").select_option("L4")
    page.get_by_label("Tier").select_option("1")
    page.get_by_label("Kind of action").select_option("failover")
    page.get_by_role("button", name="Change the cell").click()
    expect(page.get_by_role("heading", name="What it would change")).to_be_visible()


def a_draft_with_faults(page: Page) -> None:
    text = page.get_by_label("The document")
    text.fill(text.input_value().replace('"L3"', '"L7"', 2))
    page.get_by_label("Why").fill("To see what is wrong.")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("alert")).to_contain_text("2 faults")


def a_check(page: Page) -> None:
    """With its result."""
    page.get_by_role("button", name="Check everything now").click()
    expect(page.locator("[data-running]")).to_have_count(0, timeout=60_000)
    expect(page.locator(".check-result").first).to_contain_text("Clean")


def a_legal_hold(page: Page) -> None:
    page.locator("summary", has_text="Set a legal hold").click()
    page.get_by_label("What must be kept").select_option(label="geo")
    page.get_by_label("Why (kept in the record)").fill("Asked for by a court.")
    page.get_by_role("button", name="Set the legal hold").click()
    expect(page.get_by_text("Service geo", exact=True)).to_be_visible()


def a_stop_and_the_numbers_opened(page: Page) -> None:
    """With the numbers of the bars."""
    for summary in page.locator("main summary").all():
        summary.click()
    # What the bar at the top covers is no target.
    page.evaluate("scrollTo(0, 0)")
    expect(page.get_by_label("Type STOP to stop it")).to_be_visible()


def a_new_secret(page: Page) -> None:
    page.get_by_role("button", name="Take it in, or make one").click()
    expect(page.locator("#new-secret")).to_be_visible()


def a_sample_tried(page: Page) -> None:
    page.get_by_label("A sample, as the system sends it").fill(SAMPLE)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="What it makes of the sample")).to_be_visible()


def a_bad_mapping(page: Page) -> None:
    page.get_by_label("Mapping", exact=True).fill("system: alertmanager\nrules: []")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("alert")).to_contain_text("It cannot be used.")


def nothing(page: Page) -> None:
    """As it opens."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A page: who looks at it, where it is, and what is done there first."""

    person: str | None
    path: str
    first: Callable[[Page], None] = nothing
    complains_of: str = ""


SAMPLE = (Path(__file__).parent.parent / "decisions/formats/alertmanager/firing-group-of-2.json").read_text()
PAGES = {
    "sign-in": Kind(None, "/accounts/login/"),
    "timeline": Kind("marta", "/?window=129600", live),
    "timeline-with-pane": Kind("marta", "/?window=129600", pane),
    "timeline-filtered-to-nothing": Kind("helena", "/", filtered_to_nothing),
    "keys": Kind("ines", "/", key_list),
    "menu": Kind("noor", "/policy/", menu),
    "hold": Kind("ines", "{hold}"),
    "beyond": Kind("marta", "{beyond}"),
    "break-glass": Kind("marta", "{hold}", glass),
    "veto-all": Kind("ines", "/veto-all/?agent=claude-code"),
    "needs-you": Kind("ines", "/needs-you/"),
    "needs-you-mine": Kind("marta", "/needs-you/?mine=1"),
    "next-hold": Kind("ines", "{hold}?from=needs-you"),
    "sign-off": Kind("marta", "/sign-off/"),
    "sign-off-several": Kind("marta", "/sign-off/?service=consul", several),
    "sign-off-put-off": Kind("marta", "/sign-off/?service=consul", put_off),
    "sign-off-crowd": Kind("marta", "/sign-off/", a_crowd),
    "sign-off-nothing": Kind("marta", "/sign-off/?service=nothing-is-called-this"),
    "reports": Kind("helena", "/reports/"),
    "board": Kind("helena", "/board/"),
    "board-incidents": Kind("helena", "/board/incidents/"),
    "board-new-incident": Kind("helena", "/board/incidents/new/"),
    "board-new-limits": Kind("helena", "/board/limits/new/"),
    "reports-build": Kind("marta", "/reports/", a_report_asked_for),
    "report": Kind("helena", "{report}"),
    "report-to-attest": Kind("marta", "{report}"),
    "report-counted": Kind("samuel", "{report}counted/M2/"),
    "policy": Kind("samuel", "/policy/", counted),
    "policy-staging": Kind("noor", "/policy/?environment=staging&acts=counted"),
    "policy-version": Kind("samuel", "/policy/versions/1/?days=7"),
    "policy-draft": Kind("helena", "{draft}", a_draft_opened),
    "policy-edit": Kind("marta", "/policy/drafts/new/", a_cell_changed),
    "policy-edit-faults": Kind("marta", "/policy/drafts/new/", a_draft_with_faults, complains_of="status of 422"),
    "stop": Kind("ines", "/stop/"),
    "agents": Kind("ines", "/agents/"),
    "agent": Kind("ines", "/agents/stratus/?days=90", a_stop_and_the_numbers_opened),
    "agent-for-who-may-not-stop": Kind("noor", "/agents/claude-code/"),
    "services": Kind("marta", "/services/"),
    "service": Kind("marta", "/services/geo/", a_stop_and_the_numbers_opened),
    "decisions": Kind("samuel", "/decisions/?agent=stratus&state=failed,unknown&beyond=true"),
    "register": Kind("yuki", "/register/"),
    "register-service": Kind("yuki", "/register/services/geo/", a_rejected_form),
    "register-agent": Kind("yuki", "/register/agents/opencode/"),
    "register-person": Kind("yuki", "/register/people/noor/"),
    "register-on-call": Kind("ines", "/register/groups/booking-on-call/on-call/"),
    "register-leaving": Kind("yuki", "/register/people/marta/leaves/"),
    "register-link": Kind("yuki", "/register/people/noor/", a_link),
    "register-source": Kind("yuki", "/register/sources/cluster-audit/", a_new_secret),
    "sources": Kind("marta", "/sources/"),
    "formats": Kind("samuel", "/sources/formats/"),
    "format": Kind("yuki", "/sources/formats/alertmanager/", a_sample_tried),
    "format-faults": Kind("yuki", "/sources/formats/alertmanager/", a_bad_mapping),
    "account": Kind("samuel", "/account/"),
    "account-password": Kind("samuel", "/account/password/", a_short_password),
    "account-factor": Kind("samuel", "/account/factor/"),
    "sign-in-again": Kind("samuel", "/accounts/reauthenticate/?next=/account/"),
    "choose-a-password": Kind(None, "{link}"),
    "link-is-over": Kind(None, "/welcome/nothing/", complains_of="status of 404"),
    "alarms": Kind("david", "/alarms/"),
    "ledger": Kind("samuel", "/ledger/"),
    "ledger-checked": Kind("yuki", "/ledger/", a_check),
    "ledger-search": Kind("noor", "/ledger/search/?q=nothing+is+called+this"),
    "entry": Kind("samuel", "/ledger/entries/40/"),
    "entry-redacted": Kind("noor", "/ledger/entries/40/"),
    "erasures": Kind("samuel", "/ledger/erasures/", a_legal_hold),
    "erase": Kind("yuki", "/ledger/erasures/?of=entries&value=40-44"),
    "not-found": Kind("samuel", "/nowhere/", complains_of="status of 404"),
    "not-allowed": Kind("noor", "/register/people/noor/", complains_of="status of 403"),
}


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_in_order(name: str, visit: Visit, addresses: dict[str, str], watch: Watch, shots: Path):
    """On a desktop, on a phone and on a narrow one, in light and in dark."""
    kind, found = PAGES[name], {}
    page: Page | None = None
    watch.expect(kind.complains_of or "^$")
    for size, viewport in SIZES.items():
        if page is None or (kind.first is not nothing and size != "narrow"):
            page = visit(kind.person, kind.path.format(**addresses), size=viewport)
            kind.first(page)
        page.set_viewport_size({"width": viewport[0], "height": viewport[1]})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            if page.locator("#lanes").count():
                page.wait_for_timeout(250)  # for the canvas to be painted in the other colours
            picture(page, shots / f"{name}-{size}-{scheme}.png")
            # What the bar of the page happens to cover is too small for a finger just there.
            page.evaluate("scrollTo(0, 0)")
            # The narrow page is the phone's with less room, and the dark one the same in other colours.
            rules = axe.COLOURS if scheme == "dark" else axe.WIDTHS if size == "narrow" else ()
            found[size, scheme] = axe.violations(page, rules)
        assert sideways(page) == 0
    assert {where: faults for where, faults in found.items() if faults} == {}


def picture(page: Page, path: Path) -> None:
    """The page from its top, as far as a person would scroll."""
    width, height = page.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollHeight]")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, 2400)}
    page.screenshot(path=path, full_page=True, clip=clip)  # type: ignore[arg-type]


def test_the_page_follows_a_zoom_of_two_hundred_percent(visit: Visit):
    """Half the pixels at twice the size is what a zoom of 200 % leaves of a laptop."""
    page = visit("marta", size=(640, 400))
    live(page)
    assert sideways(page) == 0


PLANTED = {
    "color-contrast": "p => { const e = document.createElement('p'); e.textContent = 'faint'; e.className = 'mute';"
    " document.querySelector('main').prepend(e); e.style.color = '#aaa'; e.style.background = '#fff'; }",
    "label": "p => { document.querySelector('main').prepend(document.createElement('input')); }",
    "button-name": "p => { document.querySelector('main').prepend(document.createElement('button')); }",
    "heading-order": "p => { const e = document.createElement('h5'); e.textContent = 'deep';"
    " document.querySelector('main').append(e); }",
}


def test_a_faint_word_is_found_in_the_dark(visit: Visit):
    page = visit("samuel", "/policy/", scheme="dark")
    page.evaluate("() => { document.querySelector('h1').style.color = '#333'; }")
    assert [found.split()[0] for found in axe.violations(page, axe.COLOURS)] == ["color-contrast"]


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_fault_is_found(rule: str, visit: Visit):
    page = visit("samuel", "/policy/")
    assert axe.violations(page) == []
    page.evaluate(PLANTED[rule])
    assert [found.split()[0] for found in axe.violations(page)] == [rule]


def test_a_sideways_scroll_is_found(visit: Visit):
    page = visit("samuel", "/policy/", size=NARROW)
    page.evaluate("() => { const e = document.createElement('hr'); e.style.width = '400px'; document.body.append(e); }")
    assert sideways(page) > 0


def test_an_inline_script_or_style_is_refused_and_noticed(visit: Visit, watch: Watch):
    page = visit("samuel", "/policy/")
    assert watch.complaints() == []
    page.evaluate(
        """() => {
          const script = document.createElement('script');
          script.textContent = 'globalThis.smuggled = true';
          document.head.append(script);
          document.body.insertAdjacentHTML('beforeend', '<p id="bad" style="color: red" onclick="smuggled = 1">x</p>');
        }"""
    )
    assert page.evaluate("globalThis.smuggled") is None
    assert len([text for text in watch.complaints() if "Content Security Policy" in text]) >= 2
    watch.expect("Content Security Policy")


def test_axe_is_the_file_that_its_manifest_names():
    (named,) = json.loads((axe.SOURCE.parent / "MANIFEST.json").read_text())
    digest = base64.b64encode(hashlib.sha384(axe.SOURCE.read_bytes()).digest()).decode()
    assert (named["file"], named["sha384"]) == (axe.SOURCE.name, digest)
    assert (axe.SOURCE.parent / named["licence_file"]).is_file()
