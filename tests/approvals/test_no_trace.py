"""What was erased leaves no trace: not in the file of the database, a table, an export, a page, a draft or a line of the log."""

import io
import json
import logging
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from approvals import tasks
from approvals.actions.change_register import change_register
from approvals.actions.comment import comment
from approvals.actions.erase import Why, erase
from approvals.actions.leave import Handover, leave
from approvals.models import Report
from approvals.organisation import Organisation
from approvals.reports import files
from approvals.vocab import ErasureBasis, ErasureOf
from decisions import ledger, rebuild
from decisions.models import Agent, Decision, Person
from decisions.verify import verify_ledger
from oversight.logs import JsonFormatter
from tests import factories
from tests.factories import event, send
from tests.reports import edition

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
WORD = "Xanthippe"
WHY = Why(ErasureBasis.SUBJECT_REQUEST, "Request 17 of 21 November", "They asked for it in writing.")
Browser = Callable[[Person], Client]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Every line that would be logged at the lowest level."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    # Only a developer's connection logs statements, and only with DEBUG.
    quiet = logging.getLogger("django.db.backends")
    was, quiet.level = quiet.level, logging.WARNING
    yield out
    quiet.setLevel(was)
    root.setLevel(level)
    root.removeHandler(handler)


def traces() -> list[str]:
    """Where WORD stands: in which table, as text or as bytes, and in which file of the database."""
    found = [table for table in connection.introspection.table_names() if _stands_in(table)]
    if connection.vendor == "sqlite":
        file = Path(str(connection.settings_dict["NAME"]))
        beside = [path for path in file.parent.glob(f"{file.name}*") if path.is_file()]
        # Not here: a process that closes a file of its database loses every lock that SQLite has on it.
        found += [
            path.name for path in beside if subprocess.run(["grep", "-q", WORD, path], check=False).returncode == 0
        ]
    return found


def _stands_in(table: str) -> bool:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            likes = [f"%{WORD}%", f"%{WORD.encode().hex()}%"]
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{table}"::text LIKE ANY(%s)', [likes])
        else:
            columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            sought = " OR ".join(f'instr(CAST("{name}" AS text), %s)' for name in columns)
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {sought}', [WORD] * len(columns))
        return bool(cursor.fetchone()[0])


def told(agent: Agent, count: int) -> list[Decision]:
    """Decisions of which everything that an agent can say says WORD, at some length."""
    much = f"{WORD} and so on, at length. " * 40
    for start in range(0, count, 20):
        send(
            agent,
            *[
                event(
                    decision=f"{WORD}-{number}",
                    episode=f"{WORD}-inc",
                    action=factories.action(resource=f"deploy/{WORD}", parameters={"of": much, WORD: "1"}),
                    rationale=much,
                    outcome={"status": "succeeded", "detail": much},
                )
                for number in range(start, start + 20)
            ],
        )
    return list(Decision.objects.order_by("seq"))


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.deep)])
def test_many_entries_of_one_person(
    organisation: factories.Register, agent: Agent, client_for: Browser, log: io.StringIO, count: int
) -> None:
    admin = organisation.people["yuki"]
    named = factories.person("xan", "responder", name=f"{WORD} Roe", email=f"{WORD}@example.org")
    change_register(Organisation(people=[named]), actor=admin.id)
    person = Person.objects.get(username="xan")
    client_for(person).get("/policy/")
    send(agent, *[event(decision=uuid.uuid4().hex) for _ in range(20)])
    rows = list(Decision.objects.order_by("seq"))
    for number in range(count):
        comment(rows[number % len(rows)].id, text=f"{WORD} was here, {number}", actor=person.id)
    before = ledger.size()
    there = set(traces())
    assert {"comment", "person"} <= there
    assert connection.vendor != "sqlite" or any("sqlite3" in place for place in there)
    leave(person.id, Handover(), actor=admin.id)
    erased = erase(ErasureOf.PERSON, str(person.id), names=(), why=WHY, actor=admin.id)
    assert (erased.entries, erased.left) == (count, 0)
    nothing_left(organisation, client_for, log, [f"/decisions/{rows[0].id}/", "/register/"])
    assert ledger.size() == before + 1 + count + 1


def test_decisions_with_everything_that_was_said_of_them(
    organisation: factories.Register, agent: Agent, client_for: Browser, log: io.StringIO
) -> None:
    admin, rows = organisation.people["yuki"], told(agent, 60)
    change_register(Organisation(people=[factories.person("noor", "viewer")]), actor=admin.id)
    for row in rows[:20]:
        comment(row.id, text=f"Who is {WORD}?", actor=organisation.people["ines"].id)
    folder = drafted(rows[-1].seq)
    assert {"decision", "comment"} <= set(traces())
    for row in rows:
        erase(ErasureOf.DECISION, str(row.id), names=(), why=WHY, actor=admin.id)
    nothing_left(organisation, client_for, log, [f"/decisions/{rows[0].id}/", "/"])
    report = Report.objects.get()
    assert files.stored(report, "csv") is None, "at once, whoever comes first"
    tasks.expire()
    assert not folder.exists()
    page = client_for(organisation.people["helena"]).get("/reports/").content.decode()
    assert "Build the period again" in page


def drafted(seq_limit: int) -> Path:
    """The folder of a draft of a report that repeats what was said."""
    report = uuid.uuid4()
    folder = files.folder(report)
    folder.mkdir(parents=True)
    (folder / "report.csv").write_text(WORD)
    made = {"csv": {"file": "report.csv", "sha256": "0" * 64, "size": len(WORD)}}
    edition(report, period="2026-11", seq_limit=seq_limit, files=made, head="As told.")
    return folder


def nothing_left(organisation: factories.Register, client_for: Browser, log: io.StringIO, pages: list[str]) -> None:
    assert traces() == []
    texts = (text for row in ledger.stored(0, ledger.size()) for text in (row.body.decode(), *row.disclosures))
    assert not any(WORD in json.dumps(text) for text in texts)
    client = client_for(organisation.people["samuel"])
    exports = ["/api/v1/decisions", "/api/v1/decisions.csv", "/api/v1/decisions.jsonl", "/api/v1/timeline?after=0"]
    for path in [*pages, *exports, f"/api/v1/decisions?q={WORD}"]:
        answer = client.get(path)
        assert answer.status_code == 200, path
        body = answer.getvalue() if answer.streaming else answer.content
        assert WORD.encode() not in body, path
    assert WORD not in log.getvalue()
    assert verify_ledger().faults == []
    assert rebuild.rebuild(check=True).differences == ()
    assert traces() == [], "nor did the replay bring it back"
