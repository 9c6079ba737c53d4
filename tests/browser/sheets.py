"""Contact sheets: what the tests took of the pages, and of the way to a veto on a phone, for people to look at.

python -m pytest -m browser tests/browser/test_every_page.py -k in_order --basetemp=FOLDER
python -m tests.browser.sheets FOLDER docs/pictures
"""

import html
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
VARIANTS = ("desktop-light", "desktop-dark", "phone-light", "phone-dark")
EACH, WIDTH, QUALITY = 16, 1600, 70
STYLE = """
body { margin: 12px; font: 13px system-ui, sans-serif; background: #8a8f98; color: #111; }
main { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; }
figure { margin: 0; padding: 8px; background: #dfe3e8; border-radius: 6px; }
figcaption { margin-bottom: 6px; font-weight: 600; }
div { display: grid; grid-template-columns: 3.46fr 3.46fr 1fr 1fr; gap: 6px; }
span { display: block; aspect-ratio: 390 / 844; overflow: hidden; background: #fff; }
span.desktop { aspect-ratio: 1440 / 900; }
img { width: 100%; display: block; }
"""


PATH_STYLE = "main { grid-template-columns: repeat(6, 1fr); }"


def figure(folder: Path, name: str) -> str:
    """One page in its four variants, each cut to its first screen."""
    pictures = "".join(
        f'<span class="{variant.partition("-")[0]}"><img src="{(folder / f"{name}-{variant}.png").as_uri()}" alt=""></span>'
        for variant in VARIANTS
    )
    return f"<figure><figcaption>{html.escape(name)}</figcaption><div>{pictures}</div></figure>"


def sheets(folder: Path) -> Iterator[str]:
    """The sheets as pages, by name."""
    end = f"-{VARIANTS[0]}.png"
    names = sorted(path.name.removesuffix(end) for path in folder.glob(f"*{end}"))
    for start in range(0, len(names), EACH):
        figures = "".join(figure(folder, name) for name in names[start : start + EACH])
        yield f"<!doctype html><style>{STYLE}</style><main>{figures}</main>"


def path(folder: Path) -> str:
    """The way from a hold's link to a veto on a phone, picture by picture."""
    pictures = "".join(
        f'<img src="{one.as_uri()}" alt="">' for one in sorted(folder.glob("phone-path-*.png"), key=scheme_first)
    )
    return f"<!doctype html><style>{STYLE}{PATH_STYLE}</style><main>{pictures}</main>"


def scheme_first(one: Path) -> tuple[bool, str]:
    return "dark" in one.stem, one.stem


def main(taken: str, into: str) -> None:
    folder = next(path.parent for path in Path(taken).resolve().rglob(f"*-{VARIANTS[0]}.png"))
    target = Path(into)
    target.mkdir(parents=True, exist_ok=True)
    binary = next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 100})
        drawn = {f"pages-{number}": text for number, text in enumerate(sheets(folder), 1)} | {
            "phone-path": path(folder)
        }
        for name, text in drawn.items():
            source = folder / f"{name}.html"
            source.write_text(text)
            page.goto(source.as_uri(), wait_until="load")
            page.screenshot(path=target / f"{name}.jpg", full_page=True, type="jpeg", quality=QUALITY)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
