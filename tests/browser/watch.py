"""What pages complain about: console errors and warnings, refusals of the content security policy, uncaught exceptions.

It must not forgive anything that a test has not named.
"""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page

PATIENCE = 15.0


class Watch:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.expected: list[re.Pattern[str]] = []

    def over(self, page: Page) -> None:
        page.on("console", lambda message: self._take(message.type, message.text))
        page.on("pageerror", lambda error: self._take("exception", str(error)))

    def _take(self, kind: str, text: str) -> None:
        if kind in ("error", "warning", "exception"):
            self.heard.append(f"{kind}: {text}")

    def expect(self, pattern: str) -> None:
        """A complaint that belongs to what the test does: a refusal, a line that was cut."""
        self.expected.append(re.compile(pattern))

    def complaints(self) -> list[str]:
        return [text for text in self.heard if not any(pattern.search(text) for pattern in self.expected)]


def until(page: Page, true: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait for a condition that no locator can state; the browser goes on meanwhile."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited in vain: {what}"
        page.wait_for_timeout(30)
