"""What was acknowledged is there, once, whatever happens to the process: `kill -9` in the middle of a storm of events."""

import http.client
import json
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from decisions.keyring import Keyring, read_keys
from tests.deep.installation import Installation, postgresql

ORGANISATION = {
    "people": [{"username": "marta", "name": "Marta", "roles": ["manager"]}],
    "services": [{"slug": "search", "tier": 1, "environments": [{"name": "prod", "class": "prod"}], "owner": "marta"}],
    "agents": [{"slug": "remediator", "owner": "marta"}],
}
POLICY = {"matrix": [{"tier": "*", "kind": "*", "environment": "*", "level": "L1"}]}
SHARE_OF_DUPLICATES = 0.2
THREADS = 64


def events(count: int) -> list[bytes]:
    """That many sendings, a fifth of them of an event that is sent before or after as well."""
    distinct = round(count * (1 - SHARE_OF_DUPLICATES))
    made = [
        {
            "specversion": "1.0",
            "id": f"e-{number}",
            "source": "/agents/remediator",
            "type": "oversight.decision.executed.v1",
            "data": {
                "decision": f"rb-{number}",
                "action": {"kind": "scale", "target": {"service": "search"}, "parameters": {"replicas": number}},
                "rationale": "p99 is over its limit " * 5,
                "outcome": {"status": "succeeded"},
            },
        }
        for number in range(distinct)
    ]
    chance = random.Random(count)
    sendings = [*made, *chance.sample(made, count - distinct)]
    chance.shuffle(sendings)
    return [json.dumps(event).encode() for event in sendings]


class Storm:
    """Threads that send everything, again and again until each sending has been acknowledged."""

    def __init__(self, port: int, key: str, sendings: list[bytes]) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents+json"}
        self.left = list(enumerate(sendings))
        self.total = len(sendings)
        self.answers: dict[int, dict[str, Any]] = {}
        self.odd: list[str] = []
        self.tries = 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.work) for _ in range(THREADS)]

    def work(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while True:
            with self.lock:
                if not self.left:
                    break
                place, body = self.left.pop()
            while True:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                try:
                    connection.request("POST", "/api/v1/events", body, self.headers)
                    response = connection.getresponse()
                    status, answer = response.status, response.read()
                except (OSError, http.client.HTTPException):
                    connection.close()
                    connection = None
                    status, answer = 0, b""
                    time.sleep(0.1)
                with self.lock:
                    self.tries += 1
                if status == 200:
                    self.answers[place] = json.loads(answer)
                    break
                if status not in (0, 429, 503):
                    self.odd.append(f"{status} {answer[:200]!r}")
                    break
        if connection is not None:
            connection.close()

    def wait_until(self, share: float) -> None:
        while len(self.answers) < share * self.total and any(thread.is_alive() for thread in self.threads):
            time.sleep(0.005)


def weather(installation: Installation, count: int, *kills: float) -> None:
    """Send `count` events, kill the server when these shares are acknowledged, and check what is there in the end."""
    key = installation.load(ORGANISATION, POLICY, "remediator")
    sendings = events(count)
    installation.start()
    storm = Storm(installation.port, key, sendings)
    began = time.monotonic()
    for thread in storm.threads:
        thread.start()
    for share in kills:
        storm.wait_until(share)
        installation.kill()
        installation.start()
    for thread in storm.threads:
        thread.join(600)
    seconds = time.monotonic() - began
    print(f"{count} sendings in {seconds:.1f} s with {len(kills)} kills, {storm.tries} tries")
    assert storm.odd == []
    assert len(storm.answers) == count
    check(installation, sendings, storm)


def check(installation: Installation, sendings: list[bytes], storm: Storm) -> None:
    installation.kill()
    distinct = round(len(sendings) * (1 - SHARE_OF_DUPLICATES))
    entries = installation.rows("SELECT seq FROM entry ORDER BY seq")
    assert [seq for (seq,) in entries] == list(range(len(entries))), "seq without a gap"
    assert installation.rows("SELECT count(*) FROM entry WHERE kind = 'action.reported'") == [(distinct,)]
    assert installation.rows("SELECT count(*), max(version) FROM decision") == [(distinct, 1)]
    # Each acknowledgement, those from before a kill among them, names the entry that is there now.
    keys = Keyring(read_keys((installation.folder / "keys" / "disclosures").read_text()))
    sealed = installation.rows("SELECT seq, key, sealed FROM disclosure WHERE name = 'event'")
    told = {seq: keys.open(f"{seq}:event", bytes(key), bytes(text)) for seq, key, text in sealed}
    for place, body in enumerate(sendings):
        answer = storm.answers[place]
        assert (answer["accepted"], answer["duplicates"]) in ((1, 0), (0, 1))
        assert json.loads(told[answer["first_seq"]])[2]["id"] == json.loads(body)["id"]
    installation.verify()


@pytest.mark.deep
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(database: str, tmp_path: Path) -> None:
    with Installation(tmp_path, postgresql() if database == "postgresql" else "", whole=True) as installation:
        weather(installation, 10_000, 0.3, 0.6)


def test_a_part_of_it_on_every_run(tmp_path: Path) -> None:
    with Installation(tmp_path, whole=False) as installation:
        weather(installation, 400, 0.5)
