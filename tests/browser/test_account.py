"""How people sign in beyond name and password: a second factor, showing again who they are, being shown out."""

import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.conftest import People, Visit
from tests.browser.machines import Machine, resource
from tests.browser.server import Demo
from tests.browser.timeline import Timeline
from tests.browser.watch import Watch
from tests.sign_in.acting import code

pytestmark = pytest.mark.browser
REASON = "Seen the graph: it is back to normal."
PHONE = (390, 844)


def sign_in(page: Page, username: str, password: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def newcomer(visit: Visit, people: People) -> tuple[str, str]:
    """(username, password) of an auditor whom nobody else is."""
    name, password = f"ada-{uuid.uuid4().hex[:6]}", uuid.uuid4().hex
    page = visit("yuki", "/register/people/new/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Name", exact=True).fill("Ada Nowak")
    page.get_by_label("Auditor").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Signing in")).to_be_visible()
    hers = visit(None, people("yuki").link(name), scripts=False)
    hers.get_by_label("New password", exact=True).fill(password)
    hers.get_by_label("New password, once more").fill(password)
    hers.get_by_role("button", name="Set the password").click()
    expect(hers.get_by_role("heading", name="Sign in")).to_be_visible()
    return name, password


def test_a_second_factor_from_set_up_to_lost(
    visit: Visit, newcomer: tuple[str, str], people: People, shots: Path, tmp_path: Path
):
    """Every step by plain forms, without scripts; the pages that are shown only then are looked at on the way."""
    name, password = newcomer
    page = visit(None, "/account/", scripts=False)
    sign_in(page, name, password)
    page.get_by_role("link", name="Set up a second factor").click()
    expect(page.locator(".qr svg")).to_be_visible()
    secret = page.locator("#secret").inner_text()
    page.get_by_label("Code").fill("12345")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("alert")).to_contain_text("Wrong code.")
    assert page.locator("#secret").inner_text() == secret
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Turn it on").click()
    codes = page.locator("#codes code").all_inner_texts()
    assert len(set(codes)) == 10
    page.screenshot(path=shots / "recovery-codes.png", full_page=True)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download them").click()
    kept = tmp_path / "codes.txt"
    download.value.save_as(kept)
    assert kept.read_text().split() == codes
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("On: signing in takes your password and a code")).to_be_visible()
    page.get_by_role("link", name="Make new recovery codes").click()
    expect(page.get_by_text("You have 10 left.")).to_be_visible()

    other = visit(None, "/accounts/login/", size=PHONE, scripts=False)
    sign_in(other, name, password)
    expect(other.get_by_role("heading", name="Enter a code")).to_be_visible()
    other.screenshot(path=shots / "code-phone.png", full_page=True)
    other.get_by_label("Code").fill("000000")
    other.get_by_role("button", name="Go on").click()
    expect(other.get_by_role("alert")).to_contain_text("Wrong code.")
    other.get_by_label("Code").fill(codes[0])
    other.get_by_role("button", name="Go on").click()
    expect(other.get_by_role("heading", name="Live timeline")).to_be_visible()

    admin = visit("yuki", f"/register/people/{name}/")
    admin.get_by_role("button", name="Remove the second factor").click()
    expect(admin.get_by_text("signs in with the password alone until")).to_be_visible()
    other.goto("/account/")
    sign_in(other, name, password)
    expect(other.get_by_text("Off: signing in takes your password alone.")).to_be_visible()


def test_the_pages_of_a_second_factor_are_in_order(visit: Visit, newcomer: tuple[str, str], shots: Path):
    """Those that are seen with one alone; what axe-core finds, in light and in dark."""
    name, password = newcomer
    page = visit(None, "/account/factor/")
    sign_in(page, name, password)
    secret = page.locator("#secret").inner_text()
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator("#codes")).to_be_visible()
    look(page, "codes", shots)
    for path in ("/account/factor/off/", "/account/factor/codes/", "/accounts/reauthenticate/", "/account/"):
        page.goto(path)
        look(page, path.strip("/").replace("/", "-"), shots)
    other = visit(None, "/accounts/login/")
    sign_in(other, name, password)
    look(other, "code", shots)


def look(page: Page, name: str, shots: Path) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": 390, "height": 844} if scheme == "dark" else {"width": 1440, "height": 900})
        page.screenshot(path=shots / f"with-factor-{name}-{scheme}.png", full_page=True)
        assert axe.violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@pytest.mark.parametrize("scripts", [True, False])
def test_an_old_sign_in_leads_through_the_password_and_back_with_the_reason(
    visit: Visit, demo: Demo, agent: Machine, scripts: bool
):
    asked = agent.ask(resource())
    page = visit(None, f"/decisions/{asked['id']}/", scripts=scripts)
    sign_in(page, "ines", demo.password("ines"))
    demo.age("ines")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="Sign in again")).to_be_visible()
    page.get_by_label("Password").fill(demo.password("ines"))
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(f"{demo.url}/decisions/{asked['id']}/")
    expect(page.get_by_role("status").filter(has_text="Nothing was recorded yet.")).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value(REASON)
    assert agent.wait(asked, 0)["state"] == "pending"
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status").filter(has_text="Your approval is recorded.")).to_be_visible()
    assert agent.wait(asked)["state"] == "authorized"


def test_the_pane_beside_the_lanes_leads_there_too_and_a_veto_does_not(visit: Visit, demo: Demo, agent: Machine):
    asked, other = agent.ask(resource()), agent.ask(resource())
    page = visit(None, "/")
    sign_in(page, "ines", demo.password("ines"))
    demo.age("ines")
    shown = Timeline(page).live()
    shown.hold(asked["title"]).click()
    page.get_by_label("Reason").fill(REASON)
    shown.pane.get_by_role("button", name="Approve").click()
    expect(page).to_have_url(re.compile(r"/accounts/reauthenticate/\?next="))
    page.goto("/")
    shown = Timeline(page).live()
    shown.hold(other["title"]).click()
    shown.pane.get_by_role("button", name="Veto").click()
    expect(page.get_by_role("status").filter(has_text="Your veto is recorded.")).to_be_visible()
    assert agent.wait(other)["state"] == "vetoed"


def test_who_has_left_is_shown_out_of_an_open_page(visit: Visit, newcomer: tuple[str, str], watch: Watch):
    watch.expect(r"WebSocket connection|status of 40[13]")
    name, password = newcomer
    hers = visit(None, "/")
    sign_in(hers, name, password)
    expect(hers.locator("#conn")).to_have_text("Live")
    admin = visit("yuki", f"/register/people/{name}/")
    admin.get_by_role("link", name="This person leaves").click()
    expect(admin.get_by_text("They answer for no service and no agent.")).to_be_visible()
    admin.get_by_role("button", name="Record that Ada Nowak leaves").click()
    expect(admin.get_by_text("Ada Nowak has left.")).to_be_visible()
    expect(hers.locator("#conn")).to_have_text("Signed out")
    hers.goto("/ledger/")
    sign_in(hers, name, password)
    expect(hers.get_by_role("alert")).to_contain_text("Wrong username or password.")


def test_a_person_ends_a_session_elsewhere(visit: Visit, newcomer: tuple[str, str]):
    name, password = newcomer
    here, there = visit(None, "/account/"), visit(None, "/policy/", scripts=False)
    for page in (here, there):
        sign_in(page, name, password)
    expect(there.get_by_role("heading", level=1)).to_contain_text("Policy")
    here.reload()
    here.get_by_role("button", name=re.compile("^End ?:")).click()
    expect(here.get_by_text("The session has ended.")).to_be_visible()
    there.reload()
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_session_that_ran_out_keeps_the_reason(visit: Visit, demo: Demo, agent: Machine, watch: Watch, scripts: bool):
    # The page's line may open before or after the session is over.
    watch.expect("WebSocket connection|status of 40[13]")
    asked = agent.ask(resource())
    page = visit(None, f"/decisions/{asked['id']}/", scripts=scripts)
    sign_in(page, "ines", demo.password("ines"))
    page.get_by_label("Reason").fill(REASON)
    demo.expire("ines")
    page.get_by_role("button", name="Approve").click()
    if scripts:
        expect(page.get_by_role("alert")).to_contain_text("what you typed is kept")
        page.get_by_role("alert").get_by_role("link", name="Sign in").click()
    sign_in(page, "ines", demo.password("ines"))
    expect(page).to_have_url(f"{demo.url}/decisions/{asked['id']}/")
    expect(page.get_by_label("Reason")).to_have_value(REASON)
    assert agent.wait(asked, 0)["state"] == "pending"
