"""Pages on A4, and as an app: what is printed can be read, nothing is wider than the paper, and a browser takes the manifest."""

import io
import unicodedata
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.browser.conftest import Visit
from tests.browser.test_every_page import live, sideways

pytestmark = pytest.mark.browser

BETWEEN_MARGINS = 688
"""A4 less its margins, in CSS pixels."""
A4 = (595, 842)
PRINTED = {
    "decision": ("marta", "{beyond}", ["The action", "What led to what", "Accountable", "The record"]),
    "hold": ("ines", "{hold}", ["The action", "What led to what", "Evidence", "http_5xx_ratio"]),
    "report": ("helena", "{report}", ["The numbers of page 1", "Page by page"]),
    "sign-off": ("marta", "/sign-off/", ["Sign-off queue"]),
    "policy": ("samuel", "/policy/?acts=counted", ["The line", "The table", "Exceptions, in order"]),
    "policy-draft": ("helena", "{draft}", ["What it changes", "Backtest"]),
    "ledger": ("samuel", "/ledger/", ["Ledger"]),
    "entry": ("samuel", "/ledger/entries/40/", ["Entry 40"]),
}
NOT_ON_PAPER = "button, .button, nav, .top, .tabs, dialog, progress, textarea"


def shown(page: Page, selector: str) -> list[str]:
    """What of `selector` is drawn."""
    found: list[str] = page.evaluate(
        "selector => [...document.querySelectorAll(selector)].filter(one => one.getClientRects().length)"
        ".map(one => one.outerHTML.slice(0, 120))",
        selector,
    )
    return found


@pytest.mark.parametrize("name", PRINTED)
def test_a_page_is_printed_whole(name: str, visit: Visit, addresses: dict[str, str], shots: Path) -> None:
    person, path, wanted = PRINTED[name]
    page = visit(person, path.format(**addresses), scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    made = page.pdf(path=shots / f"paper-{name}.pdf", prefer_css_page_size=True)
    pages = PdfReader(io.BytesIO(made)).pages
    assert {(round(one.mediabox.width), round(one.mediabox.height)) for one in pages} == {A4}
    # A PDF may hold ligatures, as "ff" in one character.
    words = unicodedata.normalize("NFKC", " ".join(" ".join(one.extract_text() for one in pages).split()))
    assert [part for part in wanted if part not in words] == []
    page.set_viewport_size({"width": BETWEEN_MARGINS, "height": 970})
    assert sideways(page) == 0
    assert shown(page, NOT_ON_PAPER) == []
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"
    page.screenshot(path=shots / f"paper-{name}.png", full_page=True)


def test_what_is_folded_on_the_screen_is_printed(visit: Visit, addresses: dict[str, str]) -> None:
    page = visit("marta", addresses["hold"])
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
    page.emulate_media(media="print")
    words = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(page.pdf())).pages)
    assert "replicas" in words


def test_a_browser_takes_the_manifest(visit: Visit) -> None:
    page = visit("ines")
    live(page)
    told = page.context.new_cdp_session(page).send("Page.getAppManifest")
    assert told["errors"] == []
    assert told["url"].endswith(".webmanifest")
    answer = page.request.get(told["url"])
    assert answer.headers["content-type"] == "application/manifest+json"
    for icon in answer.json()["icons"]:
        assert page.request.get(icon["src"]).headers["content-type"] == icon["type"]
