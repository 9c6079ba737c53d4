"""Witnesses cosign what extends what they saw; a fork shows; one that is away or lies keeps nobody from anything."""

import base64
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from decisions import cosigned, ledger, notes, outbound, proofs, published, signers, signing, tasks
from decisions.checkpoints import publish
from decisions.models import Agent, Alarm
from decisions.models.ledger import Cosignature
from decisions.witnesses import gather
from oversight.checks import witnesses_can_be_asked
from tests.conftest import Clock
from tests.factories import event, send
from tests.witness import Served, Witness

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
WORLD = ("witness.example/w1", "witness.example/w2", "witness.example/w3")


@pytest.fixture
def served(agent: Agent, clock: Clock, data_dir: Path, settings: Any) -> Iterator[list[Served]]:
    """Two of three must cosign; the third is never asked."""

    def now() -> float:
        return clock.at.timestamp()

    publish()
    log = notes.ring().keys[0].vkey
    witnesses = [Witness(name, [log], now=now) for name in WORLD]
    with ExitStack() as stack:
        found = [stack.enter_context(Served(one)) for one in witnesses[:2]]
        lines = [*(one.line for one in found), f"witness w3 {witnesses[2].vkey}"]
        path = data_dir / "witnesses"
        path.write_text("# who watches\n" + "\n".join([*lines, "group both 2 w1 w2 w3", "quorum both"]) + "\n")
        settings.WITNESSES = path
        yield found


def cosigners(note: str) -> set[str]:
    """The witnesses that cosigned `note`, by a check of their own."""
    checkpoint, signatures = signing.read_note(note)
    quorum = published.quorum()
    found = set()
    for name, raw in signatures:
        line = f"— {name} {base64.b64encode(raw).decode()}\n"
        found |= {
            one.name for one in quorum.witnesses if signing.cosigned_at(checkpoint, line, one.verifier) is not None
        }
    return found


def newest() -> str:
    stored = cosigned.last_checkpoint()
    assert stored is not None
    return stored.note


def add(agent: Agent, count: int = 3) -> None:
    send(agent, *[event() for _ in range(count)])


def test_who_signed_is_told_and_what_does_not_verify_is_by_nobody(served: list[Served], agent: Agent) -> None:
    gather()
    note = newest()
    found = published.signatures(note)
    assert [(one.by, one.name) for one in found] == [
        ("ledger", "oversight.local/ledger1"),
        ("witness", "w1"),
        ("witness", "w2"),
    ]
    assert found[0].at is None
    assert {one.at for one in found[1:]} == {cosigned.cosignatures()[0].at}
    text, gap, lines = note.partition("\n\n")
    for index in range(3):
        spoilt = lines.splitlines()
        dash, name, raw = spoilt[index].split(" ")
        changed = bytearray(base64.b64decode(raw))
        changed[-1] ^= 1
        spoilt[index] = f"{dash} {name} {base64.b64encode(changed).decode()}"
        shown = published.signatures(text + gap + "\n".join(spoilt) + "\n")
        assert [one.by == "unknown" for one in shown] == [place == index for place in range(3)]
        assert shown[index].name == name
    stranger = published.signatures(f"{note}— somebody.example/else {base64.b64encode(bytes(76)).decode()}\n")
    assert (stranger[-1].by, stranger[-1].name) == ("unknown", "somebody.example/else")


def test_they_cosign_each_checkpoint_and_the_quorum_is_published(served: list[Served], agent: Agent) -> None:
    for _ in range(3):
        gather()
        assert cosigners(newest()) == {"w1", "w2"}
        assert published.quorum().met(cosigners(newest()))
        size = ledger.size()
        assert (notes.folder() / f"{size}.txt").read_text() == (notes.folder() / "latest").read_text() == newest()
        assert newest().partition("\n\n")[2] in proofs.receipt(size - 1), "a receipt carries them"
        add(agent)
        assert not cosigners(publish())
    for one in served:
        assert one.witness.statuses == [200, 200, 200]
    policy = published.policy()
    assert policy is not None
    assert policy.splitlines()[-2:] == ["group both 2 w1 w2 w3", "quorum both"]
    assert [line.split(" ")[1] for line in policy.splitlines() if line.startswith("witness ")] == ["w1", "w2", "w3"]


def test_publishing_again_forgets_no_cosignature(served: list[Served]) -> None:
    gather()
    assert cosigners(publish()) == {"w1", "w2"}
    assert cosigners((notes.folder() / "latest").read_text()) == {"w1", "w2"}


def test_without_growth_they_are_asked_again_before_ten_minutes_are_over(served: list[Served], clock: Clock) -> None:
    for minutes, expected in ((0, 1), (1, 1), (8, 1), (1, 2), (9, 2), (1, 3)):
        clock.advance(minutes=minutes)
        gather()
        assert len(served[0].witness.statuses) == expected
    assert Cosignature.objects.filter(witness=WORLD[0]).count() == 3
    assert len(signing.read_note(newest())[1]) == 3, "the newest of each"


def test_one_that_is_away_keeps_nobody_from_anything(served: list[Served], agent: Agent) -> None:
    gather()
    served[0].server.shutdown()
    served[0].server.server_close()
    add(agent)
    publish()
    gather()
    assert cosigners(newest()) == {"w2"}
    assert not published.quorum().met(cosigners(newest()))
    assert not Alarm.objects.exists()


def test_one_that_saw_more_than_we_remember_is_asked_again_from_there(served: list[Served], agent: Agent) -> None:
    """As after a crash between its answer and our row."""
    add(agent)
    publish()
    backup = transaction.savepoint()
    gather()
    transaction.savepoint_rollback(backup)
    add(agent)
    publish()
    gather()
    assert served[0].witness.statuses == [200, 409, 200]
    assert cosigners(newest()) == {"w1", "w2"}


def test_one_that_saw_entries_that_are_gone_raises_the_alarm_until_it_agrees(
    served: list[Served], agent: Agent
) -> None:
    backup = transaction.savepoint()
    add(agent)
    publish()
    gather()
    transaction.savepoint_rollback(backup)
    gather()
    assert {alarm.kind for alarm in Alarm.objects.all()} == {"witness_disagreement"}
    assert "w1 has seen" in Alarm.objects.order_by("seq")[0].subject
    gather()
    assert Alarm.objects.count() == 2, "once each"


def test_it_is_over_under_another_name(served: list[Served], agent: Agent) -> None:
    test_one_that_saw_entries_that_are_gone_raises_the_alarm_until_it_agrees(served, agent)
    signers.own().retire("oversight.local/ledger2")
    publish()
    for one in served:
        one.witness.logs.append(notes.ring().keys[-1].vkey)
    gather()
    assert {alarm.state for alarm in Alarm.objects.filter(kind="witness_disagreement")} == {"cleared"}
    assert cosigners(newest()) == {"w1", "w2"}


@pytest.mark.parametrize(
    ("lie", "alarms"),
    [
        ((422, b""), 1),
        ((409, b"999999\n"), 1),
        ((409, b"0\n"), 0),
        ((409, b"-1\n"), 0),
        ((409, b"007\n"), 0),
        ((409, b""), 0),
        ((404, b""), 0),
        ((403, b""), 0),
        ((500, b"x" * 200_000), 0),
        ((302, b"http://127.0.0.1:1/"), 0),
        ((200, b""), 0),
        ((200, b"\xff\xfe"), 0),
        ((200, "— witness.example/w1 AAAA\n".encode()), 0),
        ((200, "\n\n— — —\n".encode() * 30), 0),
    ],
)
def test_one_that_lies_is_not_believed(served: list[Served], agent: Agent, lie: tuple[int, bytes], alarms: int) -> None:
    served[0].witness.lie = lie
    gather()
    assert cosigners(newest()) == {"w2"}
    assert Alarm.objects.count() == alarms
    add(agent)
    publish()


def test_a_cosignature_by_another_key_or_of_another_tree_is_not_kept(served: list[Served], agent: Agent) -> None:
    first = served[0].witness
    true = first.ask(f"old 0\n\n{newest()}")
    assert true[0] == 200
    add(agent)
    publish()
    first.lie = true
    gather()
    assert cosigners(newest()) == {"w2"}, "of another tree"
    first.lie = None
    other = Witness(first.name, first.logs, now=first.now)
    first.lie = other.ask(f"old 0\n\n{newest()}")
    gather()
    assert cosigners(newest()) == {"w2"}, "by another key"


def test_a_cosignature_from_the_future_is_not_kept(served: list[Served], clock: Clock) -> None:
    first = served[0].witness
    checkpoint = signing.read_note(newest())[0]
    at = int((clock.at + timedelta(days=2)).timestamp())
    made = first.key.sign(f"cosignature/v1\ntime {at}\n{checkpoint.text()}".encode())
    line = base64.b64encode(first.id + struct.pack(">Q", at) + made).decode()
    first.lie = (200, f"— {first.name} {line}\n".encode())
    gather()
    assert cosigners(newest()) == {"w2"}


def test_without_witnesses_nobody_is_asked(agent: Agent) -> None:
    publish()
    tasks.ask_witnesses()
    assert Cosignature.objects.count() == 0
    policy = published.policy()
    assert policy is not None
    assert policy.endswith("\nquorum none\n")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://witness.example/prefix", ""),
        ("https://witness.example:8443", ""),
        ("http://127.0.0.1:8000/prefix", ""),
        ("http://localhost", ""),
        ("http://witness.example/", "https"),
        ("http://127.0.0.1.evil.example/", "https"),
        ("ftp://127.0.0.1/", "https"),
        ("https://user:pass@witness.example/", "without user"),
        ("https://witness.example/?q=1", "query"),
        ("https://", "host"),
        ("https://[::1", "no address"),
        ("https://witness.example:99999/", "no address"),
    ],
)
def test_where_nothing_is_sent(url: str, why: str) -> None:
    assert why in outbound.why_not(url)
    assert bool(why) == bool(outbound.why_not(url))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quorum nobody\n", "line 1"),
        ("", "no line"),
        ("quorum none\nquorum none\n", "line 2"),
        ("log x\nquorum none\n", "line 1"),
        ("witness w1 x+00000000+AAAA\nquorum none\n", "line 1"),
        ("{w1}\n{w1}\nquorum none\n", "line 2"),
        ("{w1}\n{w2}\ngroup g 3 w1 w2\nquorum g\n", "line 3"),
        ("{w1}\n{w2}\ngroup g 0 w1 w2\nquorum g\n", "line 3"),
        ("{w1}\n{w2}\ngroup g 01 w1 w2\nquorum g\n", "line 3"),
        ("{w1}\n{w2}\ngroup g any w1 w1\nquorum g\n", "line 3"),
        ("{w1}\ngroup g any w1\ngroup h any w1\nquorum g\n", "line 3"),
        ("{w1}\ngroup none any w1\nquorum none\n", "line 2"),
        ("group g any\nquorum none\n", "line 1"),
        ("{bad}\nquorum none\n", "cannot be asked"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_at_the_start(
    text: str, said: str, tmp_path: Path, settings: Any
) -> None:
    lines = {f"w{n}": f"witness w{n} {Witness(f'example/w{n}').vkey} https://w.example" for n in (1, 2)}
    lines["bad"] = f"witness bad {Witness('example/bad').vkey} http://w.example"
    settings.WITNESSES = tmp_path / "witnesses"
    with_lines = text
    for name, line in lines.items():
        with_lines = with_lines.replace(f"{{{name}}}", line)
    settings.WITNESSES.write_text(with_lines)
    [error] = witnesses_can_be_asked()
    assert said in str(error.msg)


def test_groups_of_groups(tmp_path: Path, settings: Any) -> None:
    lines = [f"witness {name} {Witness(f'example/{name}').vkey}" for name in "abcd"]
    lines += ["group x 2 a b", "group y any c d", "\tgroup z all x  y ", "quorum z"]
    settings.WITNESSES = tmp_path / "witnesses"
    settings.WITNESSES.write_text("\n".join(lines))
    assert witnesses_can_be_asked() == []
    met = published.quorum().met
    assert [met(set(names)) for names in ("ab", "abc", "abd", "acd", "cd", "")] == [
        False,
        True,
        True,
        False,
        False,
        False,
    ]


def test_the_page_says_who_cosigned_and_who_is_away(
    served: list[Served], agent: Agent, clock: Clock, client_for: Any, auditor: Any
) -> None:
    client = client_for(auditor)
    gather()
    page = client.get("/ledger/").content.decode()
    assert "does not answer" not in page
    assert page.count("entries, ") >= 3, "the checkpoint's and two witnesses'"
    assert "<dt>Witness w3</dt>" in page
    assert notes.ring().keys[0].vkey in page.replace("&#x2B;", "+")
    served[0].server.shutdown()
    served[0].server.server_close()
    clock.advance(minutes=12)
    gather()
    page = client.get("/ledger/").content.decode()
    assert page.count("does not answer") == 1
    assert b'oversight_witness_age_seconds{witness="w1"} 720.0' in client.get("/metrics").content
    assert b'oversight_witness_age_seconds{witness="w2"} 0.0' in client.get("/metrics").content
