"""The ledger over HTTP: an auditor fetches what the checkpoint covers and accepts it; nothing else is there."""

import gzip
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.db import connection

from approvals.models import Verdict
from decisions import checkpoints, hints, ledger
from decisions.checkpoints import publish
from decisions.models import Agent, Person
from decisions.vocab import Scope
from tests.api.conftest import Api, problem
from tests.auditor import check_export, check_note, check_receipt, expected
from tests.factories import AgentClient, append, approve, event, propose, send
from tests.tampering import as_owner

pytestmark = pytest.mark.usefixtures("data_dir")


def grow(agent: Agent, size: int) -> None:
    """Some events, and entries of no content up to `size`."""
    send(agent, *[event() for _ in range(min(size - ledger.size(), 20))])
    append(size - ledger.size())


@pytest.fixture
def reader(api: Api, agent: Agent, auditor: Person) -> Api:
    return api.as_person(auditor)


def mirror(reader: Api, folder: Path) -> Path:
    """What an auditor's mirror does: the checkpoint first, then everything that it covers."""
    note, policy = reader.get("/ledger/checkpoint").text, reader.get("/ledger/policy").text
    size, _ = check_note(note, policy)
    places = expected(size)
    for name in [*places, *(name.replace("tile/0/", "tile/entries/") for name in places if name.startswith("tile/0/"))]:
        answer = reader.get(f"/ledger/{name}")
        assert answer.status_code == 200, name
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(answer.content)
    (folder / "policy").write_text(policy)
    (folder / "checkpoint").write_text(note)
    return folder


@pytest.mark.parametrize("size", [40, 256, 600])
def test_a_mirror_of_it_is_accepted(reader: Api, agent: Agent, tmp_path: Path, size: int) -> None:
    grow(agent, size)
    publish()
    assert check_export(mirror(reader, tmp_path / "mirror")) == ledger.bodies(0, size)


def test_a_resource_says_what_it_is_and_that_it_never_changes(reader: Api, agent: Agent) -> None:
    grow(agent, 300)
    publish()
    for path in ("tile/0/000", "tile/0/001.p/44", "tile/entries/000", "tile/entries/001.p/44", "tile/1/000.p/1"):
        answer = reader.get(f"/ledger/{path}")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert {"Authorization", "Cookie"} <= set(answer.headers["Vary"].split(", "))
        # Packing may weaken it: it stands for the content, not for the bytes that travel.
        tag = answer.headers["ETag"].removeprefix("W/")
        again = reader.get(f"/ledger/{path}", headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.content, again.headers["ETag"].removeprefix("W/")) == (304, b"", tag)
        assert reader.get(f"/ledger/{path}", headers={"If-None-Match": '"other"'}).content == answer.content
    for path in ("checkpoint", "policy"):
        answer = reader.get(f"/ledger/{path}")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-cache"


def test_entries_are_packed_for_those_who_can_unpack(reader: Api, agent: Agent) -> None:
    grow(agent, 256)
    publish()
    plain = reader.get("/ledger/tile/entries/000", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    packed = reader.get("/ledger/tile/entries/000", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == plain.content, "httpx has unpacked it"
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2
    assert len(gzip.compress(plain.content)) < len(plain.content) / 2


def test_nothing_is_there_before_the_first_checkpoint(reader: Api) -> None:
    for path in ("checkpoint", "policy", "tile/0/000.p/17", "tile/entries/000.p/17"):
        problem(reader.get(f"/ledger/{path}"), 404)


def test_only_what_a_checkpoint_covers_is_there(reader: Api, agent: Agent) -> None:
    grow(agent, 200)
    publish()
    grow(agent, 300)

    def there(*paths: str) -> list[str]:
        return [path for path in paths if reader.get(f"/ledger/tile/{path}").status_code == 200]

    early = ("0/000.p/200", "entries/000.p/200")
    late = ("0/000", "entries/000", "0/001.p/44", "entries/001.p/44", "1/000.p/1")
    never = ("0/000.p/199", "0/000.p/201", "entries/000.p/1", "1/000.p/2", "1/000", "0/002", "2/000.p/1", "0/001")
    assert there(*early, *late, *never) == [*early]
    publish()
    # What an older checkpoint needs stays there.
    assert there(*early, *late, *never) == [*early, *late]


@pytest.mark.parametrize(
    "path",
    [
        "0/0",
        "0/000/",
        "0/x000/000",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "0/000.p",
        "00/000",
        "-1/000",
        "8/000",
        "64/000",
        "9" * 30 + "/000",
        "0/" + "x999/" * 12 + "999",
        "0/%D9%A0%D9%A0%D9%A0",
        "entries/000.p/300",
        "7/" + "x999/" * 6 + "999.p/255",
        "7/" + "x999/" * 6 + "999",
        "entries/" + "x999/" * 6 + "999.p/255",
        "entries/x/000",
        "0/000%0A",
        "",
        "0",
    ],
)
def test_what_is_no_name_is_not_found(reader: Api, agent: Agent, path: str) -> None:
    grow(agent, 256)
    publish()
    assert reader.get(f"/ledger/tile/{path}").status_code == 404


def test_a_tile_that_is_not_whole_is_a_fault_and_not_a_short_answer(reader: Api, agent: Agent) -> None:
    grow(agent, 300)
    publish()
    as_owner("DELETE FROM entry WHERE seq = 299")
    problem(reader.get("/ledger/tile/0/001.p/44"), 500)
    problem(reader.get("/ledger/tile/entries/001.p/44"), 500)


# -- receipts


def receipt(reader: Api, seq: int, **query: Any) -> Any:
    return reader.get(f"/api/v1/entries/{seq}/receipt", params=query)


def test_a_receipt_proves_its_entry_to_somebody_without_us(reader: Api, agent: Agent) -> None:
    grow(agent, 300)
    publish()
    policy = reader.get("/ledger/policy").text
    for seq in (0, 1, 17, 255, 256, 298, 299):
        answer = receipt(reader, seq)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="entry-{seq}.tlog-proof"'
        assert check_receipt(answer.text, policy) == seq
        assert check_receipt(answer.text, policy, ledger.bodies(seq, seq + 1)[0]) == seq
        with pytest.raises(AssertionError):
            check_receipt(answer.text, policy, b"another entry")


def test_it_carries_every_signature_of_its_checkpoint(reader: Api, agent: Agent) -> None:
    note = publish() + "— witness.example mJirIklj\n"
    as_owner("UPDATE checkpoint SET note = %s", [note])
    assert receipt(reader, 3).text.endswith(f"\n\n{note}")


def test_until_a_checkpoint_covers_it_there_is_none(reader: Api, agent: Agent) -> None:
    publish()
    send(agent, event())
    answer = receipt(reader, ledger.size() - 1)
    assert problem(answer, 404)["type"] == "/problems/not-signed"
    assert answer.headers["Retry-After"] == "1"
    assert problem(receipt(reader, ledger.size()), 404)["type"] == "/problems/not-found"
    publish()
    assert receipt(reader, ledger.size() - 1).status_code == 200


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the tasks that were asked for; a worker runs the publication, in a thread of its own."""
    asked: list[str] = []

    def run() -> None:
        checkpoints.publish()
        connection.close()

    def send_task(name: str, **given: Any) -> None:
        asked.append(name)
        thread = threading.Thread(target=run)
        thread.start()
        threads.append(thread)

    threads: list[threading.Thread] = []
    monkeypatch.setattr(current_app, "send_task", send_task)
    monkeypatch.setattr(hints, "_wanted_at", -1.0)
    yield asked
    for thread in threads:
        thread.join()


def test_somebody_who_waits_is_not_kept_waiting_for_the_minute(reader: Api, agent: Agent, worker: list[str]) -> None:
    publish()
    send(agent, event())
    answer = receipt(reader, ledger.size() - 1, wait=20)
    assert answer.status_code == 200
    assert check_receipt(answer.text, reader.get("/ledger/policy").text) == ledger.size() - 1
    assert worker == ["decisions.tasks.publish_checkpoint"]


def test_nobody_waits_for_what_is_there_or_for_what_is_not(reader: Api, agent: Agent, worker: list[str]) -> None:
    publish()
    assert receipt(reader, 3, wait=20).status_code == 200
    assert receipt(reader, ledger.size(), wait=20).status_code == 404
    assert worker == []


def test_a_wait_that_brings_nothing_ends(reader: Api, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app, "send_task", lambda *_, **__: None)
    assert problem(receipt(reader, 3, wait=1), 404)["type"] == "/problems/not-signed"


@pytest.mark.parametrize("query", ["wait=-1", "wait=56", "wait=x", "wait=", "wait=1&wait=2", "until=1"])
def test_a_wait_that_is_none_is_refused(reader: Api, agent: Agent, query: str) -> None:
    problem(reader.get(f"/api/v1/entries/3/receipt?{query}"), 400)


@pytest.mark.parametrize("seq", ["01", "9" * 20, str(2**53)])
def test_a_number_that_no_entry_has_is_not_found(reader: Api, agent: Agent, seq: str) -> None:
    problem(reader.get(f"/api/v1/entries/{seq}/receipt"), 404)


def test_an_agent_gets_the_receipts_of_its_own_events(api: Api, agent: Agent, worker: list[str]) -> None:
    mine = Api(api.loop, {"Authorization": f"Bearer {AgentClient.of(agent, Scope.REPORT).key}"})
    body = mine.post("/api/v1/events", event(), headers={"Content-Type": "application/cloudevents+json"}).json()
    answer = receipt(mine, body["last_seq"], wait=20)
    assert answer.status_code == 200, answer.text
    assert f"\nindex {body['first_seq']}\n" in answer.text
    problem(receipt(mine, 0, wait=20), 404)


def test_the_page_of_a_decision_leads_to_the_proofs_of_its_entries(api: Api, agent: Agent, manager: Person) -> None:
    row = propose(agent)
    approve(row, manager)
    publish()
    browser = api.as_person(manager)
    links = re.findall(r'href="(/api/v1/entries/[^"]+)"', browser.get(f"/decisions/{row.id}/").text)
    assert [check_receipt(browser.get(link).text, browser.get("/ledger/policy").text) for link in links] == [
        row.seq,
        Verdict.objects.get().seq,
    ]


def test_a_receipt_that_the_rows_do_not_prove_is_not_given_out(reader: Api, agent: Agent) -> None:
    grow(agent, 300)
    publish()
    as_owner("UPDATE tile SET hashes = %s, root = %s", [bytes(8192), bytes(32)])
    problem(receipt(reader, 3), 500)
    problem(receipt(reader, 299), 500)
