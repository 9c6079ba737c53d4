"""Runs axe-core in a page, as the page's own policy allows it. It must not leave a rule out."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of these tags that look at colours: what alone can change when the same page turns dark."""
WIDTHS = (*COLOURS, "target-size", "scrollable-region-focusable")
"""What another width of the same layout can change besides."""
RUN = "only => axe.run({ runOnly: only, resultTypes: ['violations'] })"


def violations(page: Page, rules: tuple[str, ...] = ()) -> list[str]:
    """Each fault as one line: the rule, where, and what is wrong. `rules` alone, or all."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SOURCE.read_text(encoding="utf-8"))
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(TAGS)}
    return lines(page.evaluate(RUN, only))


def lines(found: dict[str, Any]) -> list[str]:
    """What axe found, a fault a line."""
    return [
        f"{rule['id']} at {' '.join(map(str, node['target']))}: {' '.join(node['failureSummary'].split())}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
