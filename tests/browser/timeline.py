"""The timeline as a person sees it: its list, its lanes, its holds and the pane beside them. It must not judge."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.watch import until
from tests.factories import Json

INK = """([left, right]) => {
  const canvas = document.querySelector('#lanes canvas');
  const scale = canvas.width / canvas.clientWidth;
  const copy = new OffscreenCanvas((right - left) * scale, canvas.height - 30 * scale);
  const c = copy.getContext('2d', { willReadFrequently: true });
  c.drawImage(canvas, -left * scale, 0);
  const { data } = c.getImageData(0, 0, copy.width, copy.height);
  const { colours } = oversight.lanes.theme;
  const wanted = new Map(Object.entries(colours).reverse().map(([slug, colour]) => [colour.toLowerCase(), slug]));
  const found = {};
  for (let i = 0; i < data.length; i += 4) {
    const colour = '#' + [0, 1, 2].map(n => data[i + n].toString(16).padStart(2, '0')).join('');
    const slug = wanted.get(colour);
    if (slug) found[slug] = (found[slug] || 0) + 1;
  }
  return found;
}"""
PLACE = """id => {
  const { lanes, store } = oversight;
  const row = store.get(id);
  const box = document.getElementById('lanes').getBoundingClientRect();
  return [box.left + lanes.x(row.at), box.top + lanes.y(row)];
}"""


class Timeline:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.pane = page.locator("#pane")
        self.rows = page.locator("#pad .row:visible")
        self.holds = page.locator("#holds")
        self.said = page.locator("#say")
        self.shouted = page.locator("#shout")

    def live(self) -> "Timeline":
        """Wait until the socket has caught up and the list is the modules' own."""
        expect(self.page.locator("#conn")).to_have_text("Live")
        expect(self.page.locator("#shown")).to_contain_text("loaded")
        return self

    def row(self, text: str) -> Locator:
        return self.rows.filter(has_text=text)

    def hold(self, text: str) -> Locator:
        return self.holds.locator("a.hold").filter(has_text=text)

    def filter(self, text: str) -> None:
        """Show only what has `text`; the list says when it does."""
        self.page.locator("#q").fill(text)
        expect(self.page.locator("#shown")).to_contain_text("match")

    def window(self, minutes: int) -> None:
        self.page.locator(f"[name=window][value='{minutes}']").check()

    def open(self, decision: Json) -> Locator:
        """Open a hold by its card; its pane, with the answer form."""
        self.hold(decision["title"]).click()
        expect(self.pane.locator(f"#dec[data-id='{decision['id']}']")).to_be_visible()
        return self.pane

    def ink(self) -> dict[str, int]:
        """How many pixels of the lanes have the colour of each state."""
        return self.ink_between(130, self.page.locator("#lanes").evaluate("host => host.clientWidth"))

    def ink_between(self, left: float, right: float) -> dict[str, int]:
        found: dict[str, int] = self.page.evaluate(INK, [left, right])
        return found

    def place(self, id_: str) -> tuple[float, float]:
        """Where on the page the mark of a decision stands."""
        until(self.page, lambda: self.page.evaluate("id => Boolean(oversight.store.get(id))", id_), "the row")
        x, y = self.page.evaluate(PLACE, id_)
        return x, y

    def known(self, text: str) -> list[dict[str, Any]]:
        """The rows that the page holds whose title has `text`."""
        return list(
            self.page.evaluate("t => [...oversight.store.rows.values()].filter(r => r.title.includes(t))", text)
        )

    def scrolled(self) -> int:
        return int(self.page.locator("#feed").evaluate("host => host.scrollTop"))
