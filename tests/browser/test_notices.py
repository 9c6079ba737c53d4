"""Who looks away is told what needs them: by the page's title and icon, and by the system where they asked for it."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.machines import Machine, resource
from tests.browser.timeline import Timeline
from tests.browser.watch import until

pytestmark = pytest.mark.browser

LOOKING_AWAY = """
(() => {
  window.away = false;
  window.told = [];
  Object.defineProperty(document, 'hidden', { get: () => window.away });
  document.hasFocus = () => !window.away;
  window.Notification = class {
    static permission = 'default';
    static async requestPermission() { return (Notification.permission = window.answer || 'granted'); }
    constructor(title, how) { this.title = title; this.how = how; window.told.push(this); }
    close() { this.closed = true; }
  };
})()
"""


@pytest.fixture
def page(visit: Visit) -> Page:
    opened = visit("marta", own=True)
    opened.add_init_script(LOOKING_AWAY)
    opened.reload()
    Timeline(opened).live()
    return opened


def told(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        page.evaluate("JSON.stringify(told.map(one => ({ title: one.title, ...one.how })))")
    )
    return found


def test_nobody_is_asked_or_told_before_they_want_it(page: Page, agent: Machine):
    page.evaluate("window.away = true")
    asked = agent.ask(resource())
    expect(Timeline(page).hold(asked["title"])).to_be_attached()
    assert told(page) == []
    assert page.evaluate("Notification.permission") == "default"


def test_who_asked_for_it_is_told_once_of_what_needs_them_and_led_there(page: Page, agent: Machine):
    page.get_by_role("button", name="Tell me on this device").click()
    expect(page.get_by_role("button", name="Tell me on this device")).to_have_attribute("aria-pressed", "true")
    seen = agent.ask(resource())["id"]
    expect(page.locator(f'#holds a[data-id="{seen}"]')).to_be_attached()
    assert told(page) == [], "nobody is told of what they look at"
    page.evaluate("window.away = true")
    asked = agent.ask(resource())
    until(page, lambda: [one["tag"] for one in told(page)] == [asked["id"]], "the notification")
    assert told(page)[0]["title"] == asked["title"]
    assert "left to answer" in told(page)[0]["body"]
    page.evaluate("told[0].onclick()")
    expect(page.locator("#pane")).to_contain_text(asked["title"])
    page.get_by_role("button", name="Tell me on this device").click()
    agent.ask(resource())
    page.wait_for_timeout(500)
    assert len(told(page)) == 1, "until they do not want it any more"


def test_a_browser_that_refuses_is_not_taken_for_a_yes(page: Page):
    page.evaluate("window.answer = 'denied'")
    page.get_by_role("button", name="Tell me on this device").click()
    expect(page.get_by_role("button", name="Tell me on this device")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#say")).to_contain_text("does not let this site notify you")


def test_title_and_icon_say_how_many_wait(page: Page, agent: Machine):
    icon = page.locator('link[rel="icon"]')
    agent.ask(resource())
    until(page, lambda: page.title().startswith("("), "the number in the title")
    assert any(word in str(icon.get_attribute("href")) for word in ("waiting", "urgent"))
