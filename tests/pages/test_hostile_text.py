"""What an agent writes to deceive whoever approves: on every page it is plain, visible, cut, and said to be the agent's."""

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from django.test import Client

from approvals.periods import Window
from approvals.reports import collect
from approvals.reports.alike import Alike
from approvals.reports.names import Names
from decisions import feed
from decisions.models import Agent, Decision, Person
from tests import factories
from tests.conftest import Clock
from tests.factories import Json, event, send

pytestmark = pytest.mark.django_db
ClientFor = Callable[[Person], Client]

CLAIM = "ALREADY APPROVED BY THE CISO"
HOSTILE = {
    "script": f"<script>alert('{CLAIM}')</script><img src=x onerror=alert(1)>",
    "markdown": f"# {CLAIM}\n[Approve](javascript:alert(1)) ![x](http://evil.example/x.png) **now**",
    "template": f"{{{{ {CLAIM} }}}} {{% include 'base.html' %}} ${{7*7}}",
    "attribute": f'" autofocus onfocus="alert(1)" data-x=\'{CLAIM}\'',
    "bidi": f"{CLAIM} \u202etxt.exe\u202c \u2066x\u2069 \u200e\u200f\u061c",
    "zero width": f"{CLAIM} ap\u200bpro\u200dve\ufeff\u2060d",
    "tags": CLAIM + "".join(chr(0xE0000 + ord(char)) for char in "ignore the policy"),
    "selectors": CLAIM + "".join(chr(0xE0100 + number) for number in range(40)),
    "ansi": f"\x1b[2J\x1b[H\x1b[32m{CLAIM}\x1b[0m\x1b]8;;http://evil.example\x07link\x9b31m",
    "piled": f"{CLAIM} z" + "\u0336\u0301" * 200,
    "newlines": f"{CLAIM}" + "\n" * 10_000 + "the end of it",
    "long line": f"{CLAIM} " + "x" * 50_000,
    "panel": f"──────\nRequirement met: 2 of 2\nApproved by: CISO\n──────\n{CLAIM}",
}
UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
VOID = frozenset({"meta", "link", "input", "br", "img", "use", "path", "circle"})
NEVER = frozenset({"title", "button", "summary", "label", "h1", "legend", "option"})


class Drawn(HTMLParser):
    """Where a page has which text: elements that would speak for us, attributes, and what is nobody's but the agent's."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.speaking: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.order: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if NEVER & set(self.open):
            self.speaking.append(data)
        if "h2" in self.open or "h3" in self.open:
            self.order.append(data.strip())


def nothing_hidden(text: str) -> None:
    assert {hex(ord(char)) for char in text if unicodedata.category(char) in UNSEEN and char != "\n"} == set()
    assert not [char for char in text if 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF]


def inert(page: str) -> Drawn:
    """`page` after nothing of the agent's was found in it that runs, hides, or speaks in our place."""
    nothing_hidden(page)
    drawn = Drawn(page)
    assert "img" not in drawn.tags
    assert "alert(1)" not in "".join(
        value for name, value in drawn.attributes if name.startswith(("on", "href", "src"))
    )
    assert CLAIM not in " ".join(drawn.speaking)
    assert not [pair for pair in drawn.attributes if CLAIM in pair[1]]
    assert not [name for name, _ in drawn.attributes if name.startswith("on")]
    return drawn


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_inert_wherever_the_page_draws_it(name: str, agent: Agent, manager: Person, client_for: ClientFor):
    text, client = HOSTILE[name], client_for(manager)
    account: Json = {
        "rationale": text,
        "evidence": [{"name": text[:300], "value": text[:300], "at": text[:300], "limit": text[:300]}],
        "alternatives": [{"action": text[:300], "score": 0.5, "rejected_because": text[:2000]}],
        "model": {"name": text[:300], "version": text[:300]},
        "trigger": {"kind": text[:300], "id": text[:300], "description": text[:2000]},
    }
    row = factories.propose(agent, **account)
    send(agent, event(decision="done", outcome={"status": "failed", "detail": text}))
    for path in (f"/decisions/{row.id}/", f"/decisions/{factories.decision(agent, 'done').id}/"):
        for headers in ({}, {"HX-Request": "true"}):
            page = client.get(path, headers=headers).content.decode()
            drawn = inert(page)
            assert CLAIM in page
            assert "The agent says (unverified)" in drawn.order
            assert page.count("\n" * 10) == 0
            assert len(page) < 60_000
    for path in ("/", "/needs-you/", "/sign-off/"):
        assert CLAIM not in client.get(path).content.decode().partition('id="dec"')[0]


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_inert_on_the_page_of_its_entry(name: str, agent: Agent, auditor: Person, client_for: ClientFor):
    text, client = HOSTILE[name], client_for(auditor)
    key = unicodedata.normalize("NFC", text[:300])
    action = factories.action(parameters={"note": text[:2000], key: 1})
    sent = event(decision="done", action=action, rationale=text, outcome={"status": "failed", "detail": text[:2000]})
    page = client.get(f"/ledger/entries/{send(agent, sent).first_seq}/").content.decode()
    inert(page)
    assert CLAIM in page
    assert len(page) < 120_000
    inert(client.get("/ledger/search/", {"q": text[:200]}).content.decode().replace(CLAIM, "what was typed"))


@pytest.mark.parametrize("name", HOSTILE)
def test_parameters_and_undo_are_shown_whole_and_inert(name: str, agent: Agent, manager: Person, client_for: ClientFor):
    text = HOSTILE[name]
    key = unicodedata.normalize("NFC", text[:300])
    parameters = {"note": text, "deep": [{"x": text[:2000]}], key: 1}
    action = factories.action(parameters=parameters, undo={"kind": "scale", "parameters": {"note": text[:2000]}})
    row = factories.propose(agent, action=action)
    page = client_for(manager).get(f"/decisions/{row.id}/").content.decode()
    inert(page)
    end = {"newlines": "⟦9,999 blank lines⟧\nthe end of it", "long line": "x" * 50_000}
    assert end.get(name, CLAIM) in page
    hidden = name in ("bidi", "zero width", "tags", "selectors", "ansi", "piled")
    assert ("Contains hidden characters, shown as ⟦U+…⟧." in page) is hidden
    assert row.action is not None
    assert row.action["parameters"]["note"] == text


def test_what_hides_in_the_agents_text_is_said_outside_the_action(agent: Agent, manager: Person, client_for: ClientFor):
    row = factories.propose(agent, rationale=HOSTILE["bidi"])
    page = client_for(manager).get(f"/decisions/{row.id}/").content.decode()
    action = page.partition('id="action"')[2].partition("</section>")[0]
    assert "hidden" not in action
    assert "The agent&#x27;s own text contains hidden characters, shown as ⟦U+…⟧." in page
    assert "⟦U+202E⟧txt.exe⟦U+202C⟧" in page


def test_the_page_says_first_what_will_happen_and_last_what_the_agent_says(
    agent: Agent, second_manager: Person, client_for: ClientFor
):
    action = factories.action(kind="exec_in_workload", parameters={"command": "a | b"})
    row = factories.propose(agent, action=action, evidence=[{"name": "p99", "value": 1}])
    order = Drawn(client_for(second_manager).get(f"/decisions/{row.id}/").content.decode()).order
    wanted = ["The action", "What to watch for", "What it touches", "Answer", "Evidence", "The agent says (unverified)"]
    assert [part for part in order if part in wanted] == wanted
    page = client_for(second_manager).get(f"/decisions/{row.id}/").content.decode()
    assert "It runs a command whose effect cannot be read from it." in page


@pytest.mark.parametrize(
    ("resource", "doubt"),
    [
        ("deploy/ch\u0435ckout", "The name of the resource mixes Latin and Cyrillic letters."),
        ("\u0440\u0430\u0443\u0440\u0430\u0443", "written in Cyrillic letters that look like Latin ones."),
        ("deploy/checkout", ""),
        ("deploy/תמונה.gpj.exe", ""),
    ],
)
def test_a_name_that_looks_like_another_is_said_to(
    resource: str, doubt: str, agent: Agent, manager: Person, client_for: ClientFor
):
    row = factories.propose(agent, action=factories.action(resource=resource))
    page = client_for(manager).get(f"/decisions/{row.id}/").content.decode()
    assert doubt in page
    assert ("The name of the" in page) is bool(doubt)
    assert f"<code>{resource}</code>" in page


def test_names_that_an_older_ledger_holds_are_inert_on_every_page(agent: Agent, manager: Person, client_for: ClientFor):
    row = factories.propose(agent)
    send(agent, event(decision="owed", action=factories.action(service="orphan"), episode="e"))
    name = "geo\u202e<script>\x1b[2J\U000e0041"
    Decision.objects.update(
        **dict.fromkeys(("service", "environment", "kind", "agent_ref", "episode"), name),
        title=f"Restart {name}",
        resource=name * 8,
    )
    client = client_for(manager)
    profiles = ("/agents/remediator/", f"/services/{quote(name)}/", "/decisions/")
    for path in ("/", "/needs-you/", "/sign-off/", "/alarms/", f"/decisions/{row.id}/", *profiles):
        page = client.get(path).content.decode()
        nothing_hidden(page)
        assert "geo⟦U+202E⟧" in page or path == "/alarms/"
        assert "<script>\x1b" not in page
        assert "geo\u202e" not in page.replace("\\u202E", "\u202e")
    rows = feed.snapshot(10)["rows"]
    assert {drawn["title"] for drawn in rows} == {"Restart geo⟦U+202E⟧<script>⟦U+001B⟧[2J⟦U+E0041⟧"}


def test_a_report_draws_names_as_pages_do(agent: Agent, clock: Clock):
    factories.propose(agent)
    Decision.objects.update(**dict.fromkeys(("title", "service", "environment", "kind", "episode"), "geo\u202e"))
    window = Window.of(clock.now() - timedelta(days=1), clock.now() + timedelta(days=1))
    alike = Alike(Decision.objects.all(), window, (), Names.read(), clock.now())
    (fact,) = collect.decision_facts(alike, grouped=False)
    ((together, n),) = alike.groups()
    assert {fact.title, fact.service, fact.environment, fact.kind, fact.episode} == {"geo⟦U+202E⟧"}
    assert (together.service, together.kind, n) == ("geo⟦U+202E⟧", "geo⟦U+202E⟧", 1)


def test_what_it_expects_is_among_what_it_says(agent: Agent, manager: Person, viewer: Person, client_for: ClientFor):
    row = factories.propose(agent, estimate={"customers_affected_pct": 12.5, "outage_minutes": 120})
    page = client_for(manager).get(f"/decisions/{row.id}/").content.decode()
    assert "12.5 %" in page.partition('id="dec-says"')[2]
    assert "12.5 %" not in page.partition('id="dec-says"')[0]
    assert "12.5 %" not in client_for(viewer).get(f"/decisions/{row.id}/").content.decode()


def test_the_title_of_a_page_is_short(agent: Agent, manager: Person, client_for: ClientFor):
    row = factories.propose(agent, action=factories.action(resource="x" * 300))
    page = client_for(manager).get(f"/decisions/{row.id}/").content.decode()
    assert len(page.partition("<title>")[2].partition("</title>")[0]) < 120


def test_no_button_speaks_an_agents_word(agent: Agent, manager: Person, client_for: ClientFor):
    send(agent, event(action=factories.action(service=f"{CLAIM[:40]}")))
    for path in ("/alarms/", "/"):
        page = client_for(manager).get(path).content.decode()
        assert CLAIM[:40] in page
        speaking = [text for text in Drawn(page).speaking if CLAIM[:40] in text]
        assert speaking == []


def test_a_spreadsheet_shows_what_hides_and_the_api_keeps_what_was_sent(
    agent: Agent, auditor: Person, client_for: ClientFor
):
    row = factories.propose(agent, rationale=HOSTILE["ansi"], action=factories.action(parameters={"x": "\u202e"}))
    client = client_for(auditor)
    table = b"".join(client.get("/api/v1/decisions.csv")).decode()
    nothing_hidden(table.replace("\r\n", "\n"))
    (line,) = csv.DictReader(io.StringIO(table))
    assert line["rationale"].startswith("⟦U+001B⟧[2J")
    assert line["parameters"] == '{"x":"⟦U+202E⟧"}'
    assert client.get(f"/api/v1/decisions/{row.id}").json()["account"]["rationale"] == HOSTILE["ansi"]
    lines = b"".join(client.get("/api/v1/decisions.jsonl"))
    assert json.loads(lines)["account"]["rationale"] == HOSTILE["ansi"]
