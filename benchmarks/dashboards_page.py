"""One dashboard in Chromium, with clocks in it: what it loaded, when each row, card and bar was on the screen, how it ran.

It must not change what the page does.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--enable-precise-memory-info",
)
CLOCKS = """
(() => {
  const told = window.told = { rows: [], cards: {}, bars: [], frames: [], long: [], shift: 0, paint: 0, moved: [], sockets: [], cut: false, resumed: 0 };
  const now = () => performance.timeOrigin + performance.now();
  // After the frame in which it was drawn.
  const drawn = then => requestAnimationFrame(() => requestAnimationFrame(() => then(now())));
  new PerformanceObserver(l => { for (const e of l.getEntries()) if (e.name === 'first-contentful-paint') told.paint = e.startTime; }).observe({ type: 'paint', buffered: true });
  new PerformanceObserver(l => { for (const e of l.getEntries()) if (!e.hadRecentInput) told.shift += e.value; }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver(l => { for (const e of l.getEntries()) told.long.push(e.duration); }).observe({ type: 'longtask', buffered: true });
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(...given) {
      super(...given);
      told.sockets.push(this);
      this.addEventListener('open', () => { this.openedAt = now(); if (told.cut) this.close(); });
    }
    set onmessage(handler) {
      super.onmessage = event => {
        if (told.cut) return;
        handler(event);
        const frame = JSON.parse(event.data);
        if (frame.t === 'live') { told.live = (told.live || 0) + 1; drawn(at => { told.resumed = at - this.openedAt; }); }
        if (frame.t === 'rows' && !frame.replay) drawn(at => { for (const row of frame.rows) told.rows.push([row.id, at]); });
      };
    }
  };
  addEventListener('DOMContentLoaded', () => {
    const holds = document.getElementById('holds');
    if (holds) new MutationObserver(() => drawn(at => { for (const card of holds.querySelectorAll('a[data-id]')) told.cards[card.dataset.id] ??= at; })).observe(holds, { childList: true });
    const stops = document.getElementById('stops');
    if (stops) new MutationObserver(() => drawn(at => told.bars.push(at))).observe(stops, { childList: true, subtree: true });
  });
  let last = 0;
  const frame = at => { if (last) told.frames.push(at - last); last = at; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  let pressed = 0;
  addEventListener('keydown', () => { pressed = performance.now(); }, true);
  addEventListener('focusin', () => { if (pressed) { told.moved.push(performance.now() - pressed); pressed = 0; } }, true);
})();
"""


@dataclass(frozen=True, slots=True)
class Profile:
    """How a reader is equipped."""

    name: str
    width: int
    height: int
    ratio: int = 1
    slower: int = 1
    """Its processor, so many times."""
    line: tuple[float, float] | None = None
    """Round trip in ms, and bytes a second."""


DESKTOP = Profile("desktop", 1440, 900)
PHONE = Profile("phone", 390, 844, 3, 4, (150, 1.6e6 / 8))


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Dashboard:
    """The timeline of a person who is signed in, opened with an empty cache."""

    def __init__(self, browser: Browser, port: int, headers: str, profile: Profile) -> None:
        self.context = browser.new_context(
            viewport={"width": profile.width, "height": profile.height},
            device_scale_factor=profile.ratio,
            is_mobile=profile.slower > 1,
            has_touch=profile.slower > 1,
        )
        self.origin = f"http://127.0.0.1:{port}"
        pairs = [part.partition("=") for part in headers.split("\r\n", maxsplit=1)[0].partition(": ")[2].split("; ")]
        self.context.add_cookies([{"name": name, "value": value, "url": self.origin} for name, _, value in pairs])
        self.context.add_init_script(CLOCKS)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("console", lambda one: self.faults.append(one.text) if one.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.tools: CDPSession = self.context.new_cdp_session(self.page)
        self.tools.send("Network.enable")
        self.addresses: dict[str, str] = {}
        self.loaded: dict[str, int] = {}
        self.tools.on("Network.responseReceived", self._received)
        self.tools.on("Network.loadingFinished", self._finished)
        self.tools.send("Emulation.setCPUThrottlingRate", {"rate": profile.slower})
        if profile.line:
            self._line(*profile.line)
        began = time.monotonic()
        self.page.goto(self.origin, wait_until="commit")
        self.until("window.told && told.live")
        self.ready = time.monotonic() - began
        self.page.wait_for_timeout(1500)
        if profile.line:
            self._line(0, -1)

    def _line(self, latency: float, throughput: float) -> None:
        how = {"offline": False, "latency": latency, "downloadThroughput": throughput, "uploadThroughput": throughput}
        self.tools.send("Network.emulateNetworkConditions", how)

    def _received(self, event: dict[str, Any]) -> None:
        self.addresses[event["requestId"]] = event["response"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        address = self.addresses.get(event["requestId"], "?").removeprefix(self.origin)
        self.loaded[address] = int(event["encodedDataLength"])

    def ask(self, expression: str) -> Any:
        return self.page.evaluate(expression)

    def until(self, expression: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not self.ask(f"Boolean({expression})"):
            assert time.monotonic() < end, f"waited in vain: {expression}"
            self.page.wait_for_timeout(20)

    def size(self) -> dict[str, int]:
        """Bytes on the wire: all, those of scripts, and of the page itself with its rows."""
        scripts = sum(size for address, size in self.loaded.items() if ".js" in address)
        return {"all": sum(self.loaded.values()), "scripts": scripts, "page": self.loaded.get("/", 0)}

    def heap(self) -> float:
        """MB in use after a collection."""
        self.tools.send("HeapProfiler.enable")
        self.tools.send("HeapProfiler.collectGarbage")
        return float(self.tools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def cut(self, *, off: bool) -> None:
        """Cut the line, and keep it cut, or let the page open it again."""
        self.ask(f"(told.cut = {json.dumps(off)}, told.cut && told.sockets.at(-1).close())")

    def close(self) -> None:
        self.context.close()
