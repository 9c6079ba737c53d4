"""Firefox as the system ships it, driven by WebDriver BiDi (W3C) over its own socket: no driver beside it is needed.

It must not load anything but the server of the tests, and it ends only the browser that it started.
"""

import base64
import json
import re
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import connect

STARTS_WITHIN, PATIENCE = 60.0, 20.0
ADDRESS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
    "ui.prefersReducedMotion": 1,
}
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004"}
REFUSALS = (
    "() => addEventListener('securitypolicyviolation', e => (globalThis.refused ??= []).push(e.violatedDirective))"
)
CENTRE = """selector => {
  const found = document.querySelector(selector);
  found.scrollIntoView({ block: 'center' });
  const box = found.getBoundingClientRect();
  return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
}"""


class Firefox:
    """One browser with one tab and a new profile in `folder`."""

    def __init__(self, binary: str, folder: Path, *, dark: bool = False) -> None:
        self.folder, self.binary, self.dark = folder, binary, dark
        self.complaints: list[str] = []
        """What the console said as a warning or an error."""
        self._count = 0

    def __enter__(self) -> Self:
        chosen = PREFERENCES | {"layout.css.prefers-color-scheme.content-override": 0 if self.dark else 1}
        lines = (f'user_pref("{name}", {json.dumps(value)});' for name, value in chosen.items())
        (self.folder / "user.js").write_text("\n".join(lines))
        with ExitStack() as opened:
            log = opened.enter_context((self.folder / "firefox.log").open("w"))
            command = [self.binary, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile"]
            self._process = subprocess.Popen([*command, str(self.folder)], stdout=log, stderr=log)
            opened.callback(self._end)
            self._socket = opened.enter_context(connect(f"{self._address()}/session", max_size=None))
            self.tell("session.new", capabilities={})
            self.tell("session.subscribe", events=["log.entryAdded"])
            self.tab = self.tell("browsingContext.getTree")["contexts"][0]["context"]
            self.tell("script.addPreloadScript", functionDeclaration=REFUSALS)
            self._opened = opened.pop_all()
        return self

    def _address(self) -> str:
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until and self._process.poll() is None:
            if found := ADDRESS.search((self.folder / "firefox.log").read_text()):
                return found[1]
            time.sleep(0.1)
        raise AssertionError(f"Firefox did not start:\n{(self.folder / 'firefox.log').read_text()[-2000:]}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tell(self, method: str, **params: Any) -> Any:
        """One command and what it answers; events that come between are kept."""
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:
            heard = json.loads(self._socket.recv(timeout=PATIENCE * 3))
            if heard.get("id") == self._count:
                assert heard["type"] == "success", f"{method}: {heard}"
                return heard["result"]
            if heard.get("method") == "log.entryAdded" and heard["params"]["level"] in ("warn", "error"):
                self.complaints.append(str(heard["params"]["text"]))

    def open(self, url: str) -> None:
        self.tell("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def size(self, width: int, height: int) -> None:
        self.tell("browsingContext.setViewport", context=self.tab, viewport={"width": width, "height": height})

    def ask(self, function: str, *given: object) -> Any:
        """What the function says of the page, as JSON; `given` are its arguments."""
        called = f"async () => JSON.stringify(await ({function})(...{json.dumps(given)})) ?? 'null'"
        result = self.tell(
            "script.callFunction",
            functionDeclaration=called,
            target={"context": self.tab},
            awaitPromise=True,
        )
        assert result["type"] == "success", result["exceptionDetails"]["text"]
        return json.loads(result["result"]["value"])

    def until(self, function: str, *given: object) -> None:
        """Wait until the function says something true of the page."""
        end = time.monotonic() + PATIENCE
        while not self.ask(f"async (...given) => Boolean(await ({function})(...given))", *given):
            assert time.monotonic() < end, f"waited in vain: {function} {given}"
            time.sleep(0.05)

    def press(self, *keys: str) -> None:
        """Keys one after another; a text of several characters is typed."""
        pressed = [KEYS.get(key) or part for key in keys for part in ([key] if key in KEYS else key)]
        steps = [{"type": way, "value": key} for key in pressed for way in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": steps})

    def click(self, selector: str) -> None:
        """The middle of the first element of `selector`, with the left button."""
        x, y = self.ask(CENTRE, selector)
        steps = [
            {"type": "pointerMove", "x": x, "y": y},
            *({"type": way, "button": 0} for way in ("pointerDown", "pointerUp")),
        ]
        self._act({"type": "pointer", "id": "mouse", "actions": steps})

    def _act(self, source: dict[str, Any]) -> None:
        self.tell("input.performActions", context=self.tab, actions=[source])

    def picture(self, path: Path) -> None:
        taken = self.tell("browsingContext.captureScreenshot", context=self.tab)
        path.write_bytes(base64.b64decode(taken["data"]))
