"""The ledger's pages for auditors: the check at a press, the search, and one entry with its proof. By forms alone, without scripts."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from approvals.actions.erase import Why, erase
from approvals.actions.record_check import close_silent
from approvals.actions.request_check import take_up
from approvals.checking import check_ledger
from approvals.models import LedgerCheck
from approvals.vocab import ErasureBasis, ErasureOf
from decisions import checkpoints, ledger
from decisions.models import Agent, Decision, Person
from tests import factories
from tests.conftest import Clock
from tests.factories import event, send
from tests.sign_in.acting import words
from tests.tampering import as_owner, rewrite

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
Browser = Callable[[Person], Client]
LEDGER, CHECK, SEARCH = "/ledger/", "/ledger/check/", "/ledger/search/"
BUTTON = "Check everything now"


def page(seq: int) -> str:
    return f"/ledger/entries/{seq}/"


def done(**progress: int) -> LedgerCheck:
    """The check that was asked for, done as its process would."""
    asked = LedgerCheck.objects.get(over=False)
    take_up(asked.id)
    asked.refresh_from_db()
    check_ledger(asked)
    return asked


@pytest.fixture
def act(agent: Agent) -> Decision:
    """Reported, with words of the agent, and signed."""
    send(agent, event(decision="rb-7", rationale="Xanthippe called", outcome={"status": "succeeded", "detail": "ok"}))
    checkpoints.publish()
    return factories.decision(agent, "rb-7")


# -- the check


@pytest.mark.parametrize("role", ["viewer", "responder", "manager", "executive", "auditor", "admin"])
def test_the_button_is_for_auditors_and_administrators(
    role: str, request: pytest.FixtureRequest, client_for: Browser
) -> None:
    client = client_for(request.getfixturevalue(role))
    may = role in ("auditor", "admin")
    assert (BUTTON in words(client.get(LEDGER))) is may
    size = ledger.size()
    answer = words(client.post(CHECK, follow=True))
    assert ("Waiting to begin" in answer) is may
    assert ("To check the ledger takes one of these roles" in answer) is not may
    assert (LedgerCheck.objects.count(), ledger.size()) == (int(may), size)


def test_a_check_needs_a_form_of_ours(auditor: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(auditor)
    assert client.post(CHECK).status_code == 403
    assert client.get(CHECK).status_code == 405


def test_a_check_from_press_to_result(
    auditor: Person, admin: Person, viewer: Person, client_for: Browser, clock: Clock
) -> None:
    client = client_for(auditor)
    assert "Nobody has checked everything from here yet." in words(client.get(LEDGER))
    client.post(CHECK)
    take_up(LedgerCheck.objects.get().id)
    LedgerCheck.objects.update(done=4000, total=16_000)
    shown = words(client_for(viewer).get(LEDGER))
    assert "<b>25 %</b>" in shown
    assert "4,000 of 16,000 entries" in shown
    assert "asked for by Samuel" in shown
    assert 'value="4000"' in shown
    second = words(client_for(admin).post(CHECK, follow=True))
    assert "A check is under way already." in second
    assert BUTTON not in second
    check_ledger(LedgerCheck.objects.get())
    shown = words(client_for(viewer).get(LEDGER))
    size = ledger.size() - 1
    assert "Clean" in shown
    assert f"{size}</span> entries;" in shown
    assert "checkpoints agree" in shown
    assert "asked for by Samuel, took 0.0 s" in shown
    assert f'href="{page(size)}"' in shown


def test_a_check_that_died_does_not_run_for_ever(auditor: Person, client_for: Browser, clock: Clock) -> None:
    client = client_for(auditor)
    client.post(CHECK)
    take_up(LedgerCheck.objects.get().id)
    LedgerCheck.objects.update(done=4000, total=16_000)
    clock.advance(seconds=31)
    shown = words(client.get(LEDGER))
    assert "Interrupted" in shown
    assert 'after <span class="num">4,000 of 16,000</span> entries' in shown
    assert "data-running" not in shown
    assert BUTTON in shown
    client.post(CHECK)
    done()
    shown = words(client.get(LEDGER))
    assert shown.index("Clean") < shown.index("Checks before that") < shown.index("Interrupted")
    client.post(CHECK)
    take_up(LedgerCheck.objects.get(over=False).id)
    clock.advance(seconds=31)
    close_silent()
    shown = words(client.get(LEDGER))
    assert shown.index("Interrupted") < shown.index("Clean") < shown.index("Checks before that"), (
        "the last result stays"
    )


def test_faults_are_told_to_everybody(act: Decision, auditor: Person, viewer: Person, client_for: Browser) -> None:
    rewrite(act.seq, lambda envelope: envelope.update(actor="agent:another"), tree=False)
    client_for(auditor).post(CHECK)
    check = done()
    check.refresh_from_db()
    assert check.seq is not None
    shown = words(client_for(viewer).get(LEDGER))
    assert "Faults found" in shown
    assert "history was rewritten after it was signed." in shown
    assert "history was rewritten after it was signed" in words(client_for(viewer).get(page(check.seq)))
    assert "A full check of the ledger found faults" in words(client_for(auditor).get("/"))
    assert "A full check of the ledger found faults" not in words(client_for(viewer).get("/"))


def test_a_halted_ledger_shows_what_it_could_not_record(auditor: Person, client_for: Browser, clock: Clock) -> None:
    client = client_for(auditor)
    client.post(CHECK)
    as_owner("UPDATE head SET halted = %s", [True])
    done()
    shown = words(client.get(LEDGER))
    assert "could not take this as an entry" in shown
    assert BUTTON in shown


# -- the search


def test_an_entry_is_found_by_everything_that_names_it(act: Decision, auditor: Person, client_for: Browser) -> None:
    client = client_for(auditor)
    row = next(ledger.stored(act.seq, act.seq + 1))
    plain = base64.b64encode(row.leaf).decode()
    ways = [
        f"{act.seq}",
        f" #{act.seq} ",
        str(row.id),
        str(row.id).upper(),
        row.leaf.hex(),
        row.leaf.hex().upper(),
        plain,
        plain.rstrip("=").replace("+", "-").replace("/", "_"),
        str(act.id),
        "rb-7",
    ]
    for way in ways:
        answer = client.get(SEARCH, {"q": way})
        assert (answer.status_code, answer.headers.get("Location")) == (302, page(act.seq)), way


def test_what_names_several_lists_them(agent: Agent, auditor: Person, client_for: Browser) -> None:
    send(agent, event(decision="5"))
    shown = words(client_for(auditor).get(SEARCH, {"q": "5"}))
    assert "<b>2 entries</b> go by" in shown
    assert f'href="{page(5)}"' in shown
    assert f'href="{page(factories.decision(agent, "5").seq)}"' in shown


@pytest.mark.parametrize("q", ["999999", "nothing", "-1", "1" * 300, "\0", "00000000-0000-7000-8000-000000000000", "٣"])
def test_what_names_nothing_says_so(q: str, auditor: Person, client_for: Browser) -> None:
    answer = client_for(auditor).get(SEARCH, {"q": q})
    assert answer.status_code == 200
    assert "No entry goes by" in words(answer)


def test_a_hash_that_may_be_further_down_is_looked_for_there(
    agent: Agent, auditor: Person, client_for: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decisions.lookup.MOST_TILES", 1)
    while ledger.size() < 600:
        send(agent, *[event() for _ in range(100)])
    client, leaf = client_for(auditor), next(ledger.leaves(7, 8)).hex()
    found = re.search(r'href="(\?q=[^"]+)"', words(client.get(SEARCH, {"q": leaf})))
    assert found
    assert client.get(SEARCH + found[1].replace("&amp;", "&")).headers["Location"] == page(7)


# -- one entry


def test_an_entry_shows_what_it_says_and_what_proves_it(
    act: Decision, auditor: Person, client_for: Browser, data_dir: Path
) -> None:
    answer = client_for(auditor).get(page(act.seq))
    shown = words(answer)
    row, size = next(ledger.stored(act.seq, act.seq + 1)), ledger.size()
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Reported by the agent" in shown
    assert "Remediator, an agent" in shown
    assert f'<a href="/decisions/{act.id}/">{act.title}</a>' in shown
    assert row.leaf.hex() in shown
    assert f'first signed with <span class="num">{size}</span> entries' in shown
    assert "Xanthippe called" in shown
    assert "&quot;kind&quot;: &quot;action.reported&quot;" in shown
    assert "signed by <code>oversight.local/ledger1</code>" in shown
    assert f"/api/v1/entries/{act.seq}/receipt?wait=20" in shown


def test_the_picture_and_the_list_say_what_the_receipt_proves(
    act: Decision, auditor: Person, client_for: Browser, data_dir: Path
) -> None:
    """Every hash of the receipt is in the list of steps, and the last one is the signed root."""
    shown = words(client_for(auditor).get(page(act.seq)))
    root = bytes(ledger.current().root).hex()
    steps = re.findall(
        r"<b>(left|right)</b> of it <code>([0-9a-f]{64})</code>, of [^,]+, it makes <code>([0-9a-f]{64})", shown
    )
    assert steps[-1][2] == root
    assert len(re.findall(r'<g class="given">', shown)) == len(steps)
    assert f"{root[:8]}…{root[-8:]}" in shown


def test_an_entry_that_is_not_signed_yet_says_so(agent: Agent, auditor: Person, client_for: Browser) -> None:
    seq = send(agent, event()).first_seq
    shown = words(client_for(auditor).get(page(seq)))
    assert "not yet; the head is signed each minute" in shown
    assert '<svg class="proof-picture"' not in shown


@pytest.mark.parametrize(
    ("role", "sees"), [("viewer", False), ("admin", False), ("responder", True), ("auditor", True)]
)
def test_what_it_discloses_is_for_those_who_see_it_elsewhere(
    role: str, sees: bool, request: pytest.FixtureRequest, act: Decision, client_for: Browser
) -> None:
    shown = words(client_for(request.getfixturevalue(role)).get(page(act.seq)))
    assert ("Xanthippe" in shown) is sees
    assert ("Your role does not see this value." in shown) is not sees
    assert "the agent&#x27;s words" in shown, "that there is such a value everybody may know"


def test_what_was_erased_says_by_whom_and_what_is_missing_is_a_fault(
    act: Decision, auditor: Person, admin: Person, client_for: Browser
) -> None:
    why = Why(ErasureBasis.SUBJECT_REQUEST, "Letter of 21 November", "They asked for it.")
    done_ = erase(ErasureOf.ENTRIES, [act.seq], names=["account"], why=why, actor=admin.id)
    shown = words(client_for(auditor).get(page(act.seq)))
    assert "Xanthippe" not in shown
    assert "They asked for it." in shown
    assert f'href="{page(done_.first_seq)}"' in shown
    assert "missing" not in shown
    as_owner("DELETE FROM disclosure WHERE seq = %s AND name = %s", [act.seq, "outcome"])
    shown = words(client_for(auditor).get(page(act.seq)))
    assert "1 value of it is missing, and no entry says that it was erased." in shown


TAMPERINGS: dict[str, tuple[str, list[Any], list[str]]] = {
    "bytes": (
        "UPDATE entry SET body = %s WHERE seq = %s",
        [b'{"v":1}'],
        ["These bytes do not have the hash", "do not prove this entry"],
    ),
    "no entry": ("UPDATE entry SET body = %s WHERE seq = %s", [b"\xff\x00<b>"], ["These bytes are not an entry."]),
    "a list": ("UPDATE entry SET body = %s WHERE seq = %s", [b"[1]"], ["These bytes are not an entry."]),
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_an_entry_that_was_changed_is_shown_as_that(
    how: str, act: Decision, auditor: Person, client_for: Browser
) -> None:
    statement, values, said = TAMPERINGS[how]
    as_owner(statement, [*values, act.seq])
    shown = words(client_for(auditor).get(page(act.seq)))
    for text in said:
        assert text in shown
    assert '<svg class="proof-picture"' not in shown, "nothing is drawn that is not proven"


def test_a_history_that_was_rewritten_as_a_whole_is_not_drawn_as_proven(
    act: Decision, auditor: Person, client_for: Browser
) -> None:
    rewrite(act.seq, lambda envelope: envelope.update(actor="agent:another"), tree=True)
    shown = words(client_for(auditor).get(page(act.seq)))
    assert "is not in the tree that was signed" in shown
    assert "Download the receipt" not in shown
    assert '<svg class="proof-picture"' not in shown


def test_what_an_agent_wrote_is_inert(agent: Agent, auditor: Person, client_for: Browser) -> None:
    seq = send(agent, event(decision="d", rationale="<script>alert(1)</script> a\u202eb")).first_seq
    shown = words(client_for(auditor).get(page(seq)))
    assert "<script>alert(1)" not in shown
    assert "a⟦U+202E⟧b" in shown


def test_an_answer_leads_to_what_was_seen(agent: Agent, manager: Person, auditor: Person, client_for: Browser) -> None:
    row = factories.propose(agent)
    factories.approve(row, manager)
    last = ledger.size() - 1
    shown = words(client_for(auditor).get(page(last)))
    assert "Verdict given" in shown
    assert "Marta" in shown
    verdict = ledger.entry(last)
    assert verdict is not None
    assert verdict[0].ref is not None
    assert f'href="{page(verdict[0].ref["seq"])}">entry' in shown
    assert f'href="{page(last - 1)}" rel="prev"' in shown
    assert 'rel="next"' not in shown


@pytest.mark.parametrize("seq", [10**6, 10**17, 2**63, 10**30])
def test_entries_that_are_none(seq: int, auditor: Person, client_for: Browser) -> None:
    assert client_for(auditor).get(page(seq)).status_code == 404
