"""Alarms: on every page for those concerned, acknowledged and cleared by people."""

import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.machines import Machine, done, resource

pytestmark = pytest.mark.browser


def alarm(agent: Machine) -> str:
    """A service that the register does not know: nobody is accountable for what is done to it."""
    service = f"stray-{uuid.uuid4().hex[:8]}"
    agent.report(done(resource(), target={"service": service}))
    return service


def test_an_alarm_is_acknowledged_and_cleared(visit: Visit, agent: Machine):
    service = alarm(agent)
    page = visit("david", "/alarms/")
    row = page.locator("tbody tr").filter(has_text=service)
    expect(row).to_contain_text("accountable")
    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_contain_text("Acknowledged")
    row.get_by_role("button", name="Clear").click()
    expect(row).to_contain_text("Cleared")


def test_an_open_alarm_is_on_every_page_until_somebody_has_seen_it(visit: Visit, agent: Machine):
    services = [alarm(agent), alarm(agent)]
    page = visit("ines", "/policy/")
    page.locator(".alarms summary").click()
    bar = page.locator(".alarms")
    for service in services:
        expect(bar).to_contain_text(service)
    bar.locator("li").filter(has_text=services[0]).get_by_role("button").click()
    expect(page.locator("tbody tr").filter(has_text=services[0])).to_contain_text("Acknowledged")
    expect(page.locator(".alarms, .strip.alarm")).not_to_contain_text(services[0])


def test_people_who_cannot_handle_alarms_are_not_asked_to(visit: Visit, agent: Machine):
    alarm(agent)
    page = visit("noor", "/policy/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".alarms, .strip.alarm")).to_have_count(0)
