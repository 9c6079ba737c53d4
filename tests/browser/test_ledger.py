"""An auditor at the ledger's page: everything is checked at a press, an entry is found, and its receipt holds."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.auditor import check_receipt
from tests.browser.conftest import People, Visit
from tests.browser.machines import Machine, done, resource

pytestmark = pytest.mark.browser
BUTTON = "Check everything now"
CHECKED_WITHIN = 60_000


def checks(page: Page) -> int:
    """The entry of the newest check that is over; -1 before the first."""
    links = page.locator("#checks .check-result a")
    return int(links.first.inner_text().removeprefix("entry ")) if links.count() else -1


def test_everything_is_checked_before_ones_eyes(visit: Visit):
    page = visit("samuel", "/ledger/")
    before = checks(page)
    page.evaluate("globalThis.mine = true")
    page.get_by_role("button", name=BUTTON).click()
    expect(page.locator("#checks [data-running]")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
    page.evaluate("globalThis.mine = true")
    expect(page.locator("[data-running]")).to_have_count(0, timeout=CHECKED_WITHIN)
    assert page.evaluate("globalThis.mine"), "the page was not loaded anew"
    result = page.locator("#checks .check-result").first
    expect(result).to_contain_text("Clean")
    expect(result).to_contain_text("asked for by Samuel Osei, took")
    expect(page.locator("#say")).to_contain_text("Clean")
    assert checks(page) > before
    result.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Full check of the ledger")


def test_without_scripts_too(visit: Visit):
    page = visit("yuki", "/ledger/", scripts=False)
    before = checks(page)
    page.get_by_role("button", name=BUTTON).click()
    for _ in range(120):
        link = page.get_by_role("link", name="See how far it is")
        if not link.count():
            break
        page.wait_for_timeout(250)
        link.click()
    expect(page.locator("#checks .check-result").first).to_contain_text("asked for by Yuki Tanabe")
    assert checks(page) > before


def test_an_entry_is_found_and_its_receipt_holds(visit: Visit, agent: Machine, people: People, tmp_path: Path):
    name = resource()
    seq = agent.report(done(name, rationale="The queue is long."))["first_seq"]
    page = visit("samuel", "/ledger/")
    page.get_by_role("searchbox").fill(str(seq))
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Entry {seq}: Reported by the agent")
    expect(page.locator(".code-box").filter(has_text="The queue is long.")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the receipt").click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    receipt = file.read_text()
    assert check_receipt(receipt, people("samuel").client.get("/ledger/policy").text) == seq
    page.reload()
    steps = receipt.split("\n\n")[0].count("\n") - 2
    expect(page.locator(".proof-picture g.given")).to_have_count(steps)
    expect(page.get_by_role("img", name=f"The path from entry {seq}")).to_be_visible()
    page.get_by_role("link", name=name).click()
    expect(page.locator("#dec")).to_be_visible()


def test_a_viewer_sees_the_result_and_no_button(visit: Visit):
    page = visit("noor", "/ledger/")
    expect(page.get_by_role("heading", name="Full check")).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
