"""The database killed in the middle of claims and vetoes, and Redis away: nothing acknowledged is lost, and nobody waits for ever."""

import signal
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deep.calling import Caller, claim_of, proposal
from tests.deep.installation import Installation
from tests.deep.private import Postgres, Redis

pytestmark = pytest.mark.deep
DECISIONS = 300
RETRY = 0.2
LONG = 30


class Race:
    """Claims and vetoes of the same decisions, each repeated as it was until it is answered."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.decisions: list[Any] = [caller.proposed() for _ in range(DECISIONS)]
        self.answers: dict[tuple[str, str], httpx.Response] = {}
        self.odd: list[str] = []
        self.unanswered = 0
        caller.person("ines")

    def claim(self, decision: Any) -> None:
        path, key = f"/api/v1/decisions/{decision['id']}/claim", uuid.uuid4().hex
        self._until_answered("claim", decision, lambda: self.caller.agent("POST", path, claim_of(decision), key=key))

    def veto(self, decision: Any) -> None:
        path, key = f"/api/v1/decisions/{decision['id']}/verdicts", uuid.uuid4().hex
        body = {"verdict": "veto", "reason": ""}
        self._until_answered("veto", decision, lambda: self.caller.command("ines", path, body, key=key))

    def _until_answered(self, what: str, decision: Any, call: Callable[[], httpx.Response]) -> None:
        while True:
            try:
                answer = call()
            except httpx.TransportError as error:
                # The server itself lives all the time.
                self.odd.append(repr(error))
            else:
                if answer.status_code in (200, 403):
                    self.answers[what, decision["id"]] = answer
                    return
                if answer.status_code != 503:
                    self.odd.append(f"{what}: {answer.status_code} {answer.text[:300]}")
            self.unanswered += 1
            time.sleep(RETRY)

    def run(self, *interruptions: Callable[[], None]) -> None:
        """Each interruption comes when its share of the answers is there."""
        with ThreadPoolExecutor(8) as pool:
            for decision in self.decisions:
                pool.submit(self.claim, decision)
                pool.submit(self.veto, decision)
            for place, interrupt in enumerate(interruptions, 1):
                share = 2 * DECISIONS * place / (len(interruptions) + 1)
                while len(self.answers) < share:
                    time.sleep(0.01)
                interrupt()

    def check(self) -> None:
        assert self.odd == []
        assert len(self.answers) == 2 * DECISIONS
        rows = self.caller.installation.rows
        seqs: dict[str, dict[str, int]] = {"claim.granted": {}, "verdict.given": {}}
        told = rows(
            "SELECT t.kind, d.id, t.seq FROM timeline t JOIN decision d ON d.seq = t.decision_seq"
            " WHERE t.kind IN ('claim.granted', 'verdict.given')"
        )
        for kind, id_, seq in told:
            assert str(id_) not in seqs[kind], "once"
            seqs[kind][str(id_)] = seq
        assert set(seqs["verdict.given"]) == {decision["id"] for decision in self.decisions}, "a veto always stands"
        for (what, id_), answer in self.answers.items():
            if what == "claim" and answer.status_code == 200:
                granted = seqs["claim.granted"][id_]
                assert granted == answer.json()["fencing"]
                assert granted < seqs["verdict.given"][id_], "no claim after a veto"
        print(f"{len(seqs['claim.granted'])} claims before the veto, {self.unanswered} calls repeated")


def test_a_database_that_is_killed_loses_nothing_and_does_nothing_by_half(tmp_path: Path) -> None:
    with (
        Postgres() as postgres,
        Installation(tmp_path, postgres.url, whole=False) as installation,
        Caller(installation) as caller,
    ):
        installation.start()
        race = Race(caller)

        def killed() -> None:
            postgres.kill()
            time.sleep(1)
            postgres.start()

        def stopped() -> None:
            # As `pg_ctl stop -m immediate` does: no checkpoint, no farewell to sessions.
            postgres.kill(signal.SIGQUIT)
            time.sleep(1)
            postgres.start()

        race.run(killed, stopped)
        race.check()
        installation.verify()


def test_without_redis_the_processes_still_hear_of_each_other(tmp_path: Path) -> None:
    """An agent waits at one web process, and people veto at another."""
    with (
        Postgres() as postgres,
        Redis() as redis,
        Installation(tmp_path, postgres.url, whole=False, redis=redis.url) as installation,
        Caller(installation) as caller,
        installation.twin() as twin,
        Caller(twin, key=caller.key) as elsewhere,
    ):
        installation.start()
        twin.start()
        woken("with Redis", caller, elsewhere)
        assert redis.say(b"FLUSHALL") == b"+OK\r\n"
        woken("after it was flushed", caller, elsewhere)
        redis.kill()
        woken("without it", caller, elsewhere)
        held = caller.agent("POST", "/api/v1/proposals", proposal("scale", "search"))
        assert held.status_code == 201, "and nothing is refused"
        redis.start()
        woken("with Redis again", caller, elsewhere)
        twin.kill()
        installation.verify()


def woken(when: str, caller: Caller, elsewhere: Caller) -> None:
    """A poll that waits at one process is answered when somebody vetoes at the other."""
    decision = caller.proposed()
    path = f"/api/v1/decisions/{decision['id']}"
    found: list[Any] = []
    waiter = threading.Thread(
        target=lambda: found.append(caller.agent("GET", f"{path}?wait={LONG}&after={decision['version']}").json())
    )
    elsewhere.person("ines")
    waiter.start()
    time.sleep(1.4)
    assert elsewhere.command("ines", f"{path}/verdicts", {"verdict": "veto", "reason": ""}).status_code == 200
    began = time.monotonic()
    waiter.join(LONG / 2)
    assert found, "it still waits"
    print(f"{when}: woken after {time.monotonic() - began:.2f} s")
    assert found[0]["state"] == "vetoed"
