"""Reports: built on demand with progress on the page, and downloaded."""

import hashlib
import json
import zipfile
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.watch import Watch, until

pytestmark = pytest.mark.browser

BUILDS_WITHIN = 90_000


def fits(page: Page, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


def download(page: Page, word: str, folder: Path) -> Path:
    with page.expect_download() as started:
        page.locator("#report-list").get_by_role("link", name=word).first.click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_a_report_is_built_before_ones_eyes_and_downloaded(visit: Visit, tmp_path: Path):
    page = visit("marta", "/reports/")
    month = page.get_by_label("Month").locator("option").last.text_content() or ""
    page.locator("summary", has_text="Build a report").click()
    page.get_by_label("Month").select_option(label=month)
    page.get_by_role("button", name="Build it").click()
    page.evaluate("globalThis.mine = true")
    expect(page.get_by_role("heading", level=1)).to_be_attached()
    expect(page.locator("#report-list .report h2")).to_contain_text(month, timeout=BUILDS_WITHIN)
    expect(page.locator("[data-running]")).to_have_count(0)
    assert page.evaluate("globalThis.mine")
    preview = page.get_by_role("img", name="Page 1:")
    until(
        page, lambda: preview.evaluate("image => image.complete && image.naturalWidth > 500"), "the picture of page 1"
    )

    pdf = download(page, "PDF", tmp_path)
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert pdf.suffix == ".pdf"
    facts = json.loads(download(page, "JSON", tmp_path).read_bytes())
    assert facts["meta"]["organisation"] == "Meridian Hotels"
    assert zipfile.is_zipfile(download(page, "XLSX", tmp_path))
    assert "," in download(page, "CSV", tmp_path).read_text(encoding="utf-8")
    html = download(page, "HTML", tmp_path).read_text(encoding="utf-8")
    assert "<html" in html[:500]
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in tmp_path.iterdir()}) == 5


def test_without_scripts_a_report_is_built_and_looked_for(visit: Visit):
    page = visit("samuel", "/reports/", scripts=False)
    page.locator("summary", has_text="Build a report").click()
    page.get_by_label("Month").select_option(label="September 2026")
    page.get_by_role("button", name="Build it").click()
    building = page.url

    def built() -> bool:
        page.goto(building)
        return page.locator("#report-list .report h2").count() == 1

    until(page, built, "the report", seconds=BUILDS_WITHIN / 1000)
    expect(page.locator("#report-list")).to_contain_text("September 2026")
    with page.expect_download() as started:
        page.locator("#report-list").get_by_role("link", name="PDF").click()
    assert Path(started.value.path()).read_bytes().startswith(b"%PDF-")


def test_the_interactive_report_draws_its_charts_from_its_own_file(visit: Visit, tmp_path: Path, watch: Watch):
    page = visit("helena", "/reports/")
    expect(page.locator("#report-list .report h2").first).to_be_visible(timeout=BUILDS_WITHIN)
    path = download(page, "HTML", tmp_path)
    alone = page.context.new_page()
    watch.over(alone)
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(request.url))
    alone.goto(path.as_uri())
    expect(alone.locator(".js-plotly-plot svg.main-svg").first).to_be_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    for width in (390, 320):
        alone.set_viewport_size({"width": width, "height": 844})
        # Charts follow the width a moment later.
        until(alone, partial(fits, alone, width), "nothing that scrolls sideways")
        assert alone.evaluate(
            "[...document.querySelectorAll('.scroll')].every(e => e.scrollWidth <= e.clientWidth + 1)"
        )
    alone.close()


def test_a_responder_has_no_reports(visit: Visit, watch: Watch):
    watch.expect("status of 403")
    page = visit("ines", "/reports/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You may not do that")
    expect(page.get_by_role("navigation", name="Main").get_by_text("Reports")).to_have_count(0)


def test_a_manager_attests_an_executive_signs_and_a_number_opens(visit: Visit):
    page = visit("marta", "/reports/")
    # The month before the last one has matured on every day of the year.
    month = page.get_by_label("Month").locator("option").nth(1).text_content() or ""
    page.locator("summary", has_text="Build a report").click()
    page.get_by_label("Month").select_option(label=month)
    page.get_by_role("button", name="Build it").click()
    expect(page.locator("#report-list .report h2")).to_contain_text(month, timeout=BUILDS_WITHIN)
    for number in range(1, 7):
        article = page.locator("article", has=page.locator(f"#page-{number}"))
        article.get_by_label("Comment").fill(f"Read page {number}.")
        article.get_by_role("button", name=f"Attest page {number}").click()
        expect(article.get_by_text("Attested")).to_be_visible()
    expect(page.get_by_text("An executive signs it.").first).to_be_visible()
    address = page.url
    page = visit("helena", address)
    page.get_by_role("button", name="Sign and issue it").click()
    expect(page.get_by_text("Nothing about it changes any more.")).to_be_visible()
    page.get_by_role("link", name="The decisions behind Actions beyond permitted autonomy").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("M2 Actions beyond permitted autonomy")
    page.locator("tbody th a").first.click()
    expect(page.locator("#dec")).to_be_visible()


def test_an_executive_reads_the_latest_report_on_a_phone(visit: Visit, tmp_path: Path):
    page = visit("helena", "/reports/", size=(390, 844))
    expect(page.locator("img.preview")).to_be_visible(timeout=BUILDS_WITHIN)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    assert download(page, "PDF", tmp_path).read_bytes().startswith(b"%PDF-")
    page.locator("#report-list .report h2 a").first.click()
    expect(page.get_by_role("heading", name="The numbers of page 1")).to_be_visible()
    assert page.evaluate(wide) == 0
