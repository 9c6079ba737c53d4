"""One server and one Chromium for the whole run, and a page for anybody who is needed. No test must leave a hold open."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.addresses import prepared
from tests.browser.machines import Elsewhere, Machine, done
from tests.browser.server import Demo
from tests.browser.watch import Watch

DESKTOP = (1440, 900)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 15_000
People = Callable[[str], Elsewhere]


class Visit(Protocol):
    """Opens `path` as `person`, who comes with cookies and cache; `own` is for tests that spoil those for others."""

    def __call__(
        self,
        person: str | None,
        path: str = "/",
        *,
        size: tuple[int, int] = DESKTOP,
        scheme: str = "light",
        scripts: bool = True,
        own: bool = False,
    ) -> Page: ...


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, with nothing in it that calls home."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no Chromium is installed (looked for {', '.join(NAMES)})")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The example organisation with its recorded decisions, and one decision for which nobody is accountable."""
    with Demo(tmp_path_factory.mktemp("demo")) as started:
        machine = Machine(started.url, started.key("claude-code"))
        machine.report(done("deploy/orphan", target={"service": "load-generator"}))
        machine.client.close()
        yield started
        assert started.faults() == []


@pytest.fixture(scope="session")
def people(demo: Demo) -> Iterator[People]:
    """Anybody of the example organisation, signed in once."""
    known: dict[str, Elsewhere] = {}

    def person(username: str) -> Elsewhere:
        if username not in known:
            known[username] = Elsewhere(demo.url, username, demo.password(username))
        return known[username]

    yield person
    for one in known.values():
        one.client.close()


@pytest.fixture(scope="session")
def addresses(demo: Demo, people: People) -> dict[str, str]:
    """Where the pages are that the demo does not name."""
    return prepared(demo, people)


@pytest.fixture
def agent(demo: Demo, people: People) -> Iterator[Machine]:
    """An agent with its key; what it asked and nobody answered is vetoed in the end."""
    machine = Machine(demo.url, demo.key("claude-code"))
    yield machine
    for asked in machine.asked:
        if people("david").state(asked) in ("pending", "window", "suggested"):
            people("david").answer(asked, "veto", "The test is over.")
    machine.client.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """For an agent that waits while people answer."""
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What pages complain about on their consoles; in the end it is nothing but what the test expected."""
    kept = Watch()
    yield kept
    assert kept.complaints() == []


@pytest.fixture(scope="session")
def contexts(chromium: Browser, demo: Demo, people: People) -> Iterator[Callable[..., BrowserContext]]:
    """The browser of a person: made once, or anew where a test wants its own."""
    kept: dict[tuple[str | None, bool], BrowserContext] = {}

    def made(person: str | None, scripts: bool) -> BrowserContext:
        context = chromium.new_context(
            base_url=demo.url, java_script_enabled=scripts, timezone_id="Europe/Berlin", locale="en-GB"
        )
        context.set_default_timeout(PATIENCE)
        if person is not None:
            context.add_cookies(people(person).cookies())  # type: ignore[arg-type]
        return context

    def context(person: str | None, *, scripts: bool, own: bool) -> BrowserContext:
        if own:
            return made(person, scripts)
        if (person, scripts) not in kept:
            kept[person, scripts] = made(person, scripts)
        return kept[person, scripts]

    yield context
    for one in kept.values():
        one.close()


@pytest.fixture
def visit(contexts: Callable[..., BrowserContext], watch: Watch) -> Iterator[Visit]:
    opened: list[Page] = []
    owned: list[BrowserContext] = []

    def visited(
        person: str | None,
        path: str = "/",
        *,
        size: tuple[int, int] = DESKTOP,
        scheme: str = "light",
        scripts: bool = True,
        own: bool = False,
    ) -> Page:
        alone = own or person is None
        context = contexts(person, scripts=scripts, own=alone)
        if alone:
            owned.append(context)
        page = context.new_page()
        opened.append(page)
        watch.over(page)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(path)
        return page

    yield visited
    for page in opened:
        page.close()
    for context in owned:
        context.close()


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages go, for people to look at."""
    return tmp_path_factory.mktemp("pages")
