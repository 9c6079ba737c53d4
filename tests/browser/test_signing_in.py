"""Signing in and out, as people do it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.server import Demo
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser


def test_a_person_signs_in_and_is_taken_to_the_page_they_asked_for(visit: Visit, demo: Demo):
    page = visit(None, "/needs-you/")
    expect(page).to_have_url(f"{demo.url}/accounts/login/?next=/needs-you/")
    page.get_by_label("Username").fill("ines")
    page.get_by_label("Password").fill(demo.password("ines"))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{demo.url}/needs-you/")
    expect(page.get_by_role("heading", level=1, name="Needs you")).to_be_visible()


def test_a_person_signs_out_and_sees_nothing_any_more(visit: Visit, demo: Demo):
    page = visit(None, "/accounts/login/")
    page.get_by_label("Username").fill("noor")
    page.get_by_label("Password").fill(demo.password("noor"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Live timeline")).to_be_visible()
    page.get_by_text("Noor Haddad").first.click()
    page.locator(".me-menu").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/ledger/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_refused_in_words(visit: Visit):
    page = visit(None, "/accounts/login/")
    page.get_by_label("Username").fill("ines")
    page.get_by_label("Password").fill("not her password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Wrong username or password")
    expect(page.get_by_label("Username")).to_have_value("ines")


def test_a_person_on_a_phone_signs_out_from_the_menu(visit: Visit, demo: Demo, watch: Watch):
    # The line is refused with the session, perhaps while the page is still there.
    watch.expect("WebSocket connection|status of 40[13]")
    page = visit(None, "/accounts/login/", size=(390, 844))
    page.get_by_label("Username").fill("samuel")
    page.get_by_label("Password").fill(demo.password("samuel"))
    page.keyboard.press("Enter")
    page.get_by_role("link", name="More").click()
    page.get_by_role("dialog", name="More").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_page_whose_session_ended_says_so_and_offers_the_way_back(visit: Visit, demo: Demo, watch: Watch):
    watch.expect(r"WebSocket connection|status of 40[13]")
    page = visit(None, "/accounts/login/")
    page.get_by_label("Username").fill("tomasz")
    page.get_by_label("Password").fill(demo.password("tomasz"))
    page.keyboard.press("Enter")
    expect(page.locator("#conn")).to_have_text("Live")
    page.context.clear_cookies()
    page.context.set_offline(True)
    page.context.set_offline(False)
    expect(page.locator("#conn")).to_have_text("Signed out")
    expect(page.locator("#down").get_by_role("link", name="Sign in")).to_be_visible()
