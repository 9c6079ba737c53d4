"""The register in the browser: an administrator changes who answers for what, and hands out keys."""

import uuid

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.conftest import Visit
from tests.browser.machines import Machine, done, resource
from tests.browser.server import Demo
from tests.browser.watch import Watch, until

pytestmark = pytest.mark.browser


def test_an_administrator_changes_a_service_and_it_is_an_entry(visit: Visit):
    page = visit("yuki", "/register/")
    page.get_by_role("link", name="Tracing").click()
    team = f"Platform {uuid.uuid4().hex[:6]}"
    expect(page.get_by_label("Slug")).to_be_disabled()
    page.get_by_label("Team").fill(team)
    page.get_by_label("Accountable owner").select_option("ines")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Recorded.")).to_be_visible()
    row = page.locator("tr").filter(has_text="Tracing")
    expect(row).to_contain_text(team)
    expect(row).to_contain_text("Inês Carvalho")
    page.goto("/ledger/")
    expect(page.locator("tbody")).to_contain_text("register.changed")


def test_a_form_says_what_is_wrong_with_it_and_keeps_the_rest(visit: Visit):
    page = visit("yuki", "/register/services/new/")
    page.get_by_label("Slug").fill("new-service")
    page.get_by_label("Currency").fill("euro")
    page.get_by_label("Team").fill("Kept")
    page.get_by_label("Environments").fill("prod-eu production")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist")).to_have_count(2)
    assert axe.violations(page) == []
    expect(page.get_by_label("Team")).to_have_value("Kept")


def test_a_new_person_signs_in(visit: Visit, demo: Demo):
    name, password = f"nele-{uuid.uuid4().hex[:6]}", uuid.uuid4().hex
    page = visit("yuki", "/register/")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Username").fill(name)
    page.get_by_label("Name", exact=True).fill("Nele Peeters")
    page.get_by_label("Auditor").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Make an invitation link").click()
    link = page.locator("#new-link").inner_text()
    assert axe.violations(page) == []
    page.goto("/register/")
    expect(page.locator("tr").filter(has_text=name)).to_contain_text("auditor")
    hers = visit(None, link)
    hers.get_by_label("New password", exact=True).fill(password)
    hers.get_by_label("New password, once more").fill(password)
    hers.get_by_role("button", name="Set the password").click()
    expect(hers.get_by_text("Your password is set. Sign in with it.")).to_be_visible()
    hers.get_by_label("Username").fill(name)
    hers.get_by_label("Password").fill(password)
    hers.keyboard.press("Enter")
    expect(hers.get_by_role("heading", name="Live timeline")).to_be_visible()


def test_a_key_is_shown_once_works_and_is_revoked(visit: Visit, demo: Demo):
    slug = f"helper-{uuid.uuid4().hex[:6]}"
    page = visit("yuki", "/register/")
    page.get_by_role("link", name="Add an agent").click()
    page.get_by_label("Slug").fill(slug)
    page.get_by_label("Owner").select_option("tomasz")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name=slug).click()
    expect(page.get_by_text("No key: this agent cannot report.")).to_be_visible()
    page.get_by_label("Read").uncheck()
    page.get_by_role("button", name="Make a key").click()
    key = page.locator("#new-key").inner_text()
    assert axe.violations(page) == []
    page.reload()
    expect(page.locator("#new-key")).to_have_count(0)
    assert key not in page.content()
    expect(page.locator("tbody tr")).to_contain_text("propose, report")

    machine = Machine(demo.url, key)
    machine.report(done(resource()))
    page.reload()
    expect(page.locator("tbody tr [data-label='Last used'] time")).to_be_visible()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status").filter(has_text="The key is revoked.")).to_be_visible()
    until(page, lambda: refused(machine.client), "the key to be refused")
    machine.client.close()


def refused(client: httpx.Client) -> bool:
    headers = {"Content-Type": "application/cloudevents+json"}
    return client.post("/api/v1/events", json=done(resource()), headers=headers).status_code == 401


def test_others_read_the_register_and_change_nothing(visit: Visit, watch: Watch):
    watch.expect("status of 403")
    page = visit("marta", "/register/")
    expect(page.get_by_role("heading", name="Services")).to_be_visible()
    expect(page.get_by_role("link", name="Add a service")).to_have_count(0)
    # She is a manager in some groups, and hands their calls over.
    expect(page.locator("main a[href^='/register/']:not([href$='/on-call/'])")).to_have_count(0)
    expect(page.locator("main").get_by_role("link", name="Tracing")).to_have_attribute("href", "/services/jaeger/")
    page.goto("/register/services/geo/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You may not do that")
