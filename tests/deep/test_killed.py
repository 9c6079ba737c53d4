"""kill -9 at every labelled step of every command: it was done or it was not, and the same call again gets the same answer."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deep.calling import Caller, approval_of, claim_of, proposal
from tests.deep.installation import Installation, postgresql
from tests.deep.killed import LABELS

Call = Callable[..., httpx.Response]
"""One command, the same each time; its headers are added."""
Prepared = tuple[Call, list[str]]
"""The command, and the kinds of the entries that it makes."""


def propose(caller: Caller) -> Prepared:
    body, key = proposal("scale", "search"), uuid.uuid4().hex
    call = lambda **more: caller.agent("POST", "/api/v1/proposals", body, key=key, **more)  # noqa: E731
    return call, ["action.proposed", "decision.held"]


def _person(caller: Caller, name: str, path: str, body: Any, **headers: str) -> Call:
    key = uuid.uuid4().hex
    return lambda **more: caller.command(name, path, body, key=key, **headers, **more)


def _agent(caller: Caller, path: str, body: Any) -> Call:
    key = uuid.uuid4().hex
    return lambda **more: caller.agent("POST", path, body, key=key, **more)


def approve(caller: Caller) -> Prepared:
    path = f"/api/v1/decisions/{caller.proposed('scale', 'search')['id']}"
    seen = caller.read("marta", path)
    body = approval_of(seen)
    return _person(caller, "marta", f"{path}/verdicts", body, **{"If-Match": f'"v{seen["version"]}"'}), [
        "verdict.given"
    ]


def veto(caller: Caller) -> Prepared:
    path = f"/api/v1/decisions/{caller.proposed()['id']}/verdicts"
    return _person(caller, "ines", path, {"verdict": "veto", "reason": ""}), ["verdict.given"]


def claim(caller: Caller) -> Prepared:
    decision = caller.proposed()
    return _agent(caller, f"/api/v1/decisions/{decision['id']}/claim", claim_of(decision)), ["claim.granted"]


def heartbeat(caller: Caller) -> Prepared:
    lease = caller.claimed()
    return _agent(caller, f"/api/v1/leases/{lease['lease_id']}/heartbeat", {"fencing": lease["fencing"]}), []


def outcome(caller: Caller) -> Prepared:
    lease = caller.claimed()
    body = {"fencing": lease["fencing"], "status": "succeeded"}
    return _agent(caller, f"/api/v1/leases/{lease['lease_id']}/outcome", body), ["outcome.reported"]


def freeze(caller: Caller) -> Prepared:
    """Of a service on which something is permitted: that ends with it."""
    caller.proposed(service="geo")
    call = _person(caller, "ines", "/api/v1/freezes", {"scope": {"kind": "service", "value": "geo"}})
    return call, ["freeze.set", "decision.expired"]


def lift(caller: Caller) -> Prepared:
    """By the second person; the first has asked."""
    set_ = caller.command("ines", "/api/v1/freezes", {"scope": {"kind": "service", "value": "geo"}})
    path = f"/api/v1/freezes/{set_.json()['id']}/lift"
    assert caller.command("marta", path, {}).status_code == 202
    return _person(caller, "david", path, {}), ["freeze.lifted"]


def withdraw(caller: Caller) -> Prepared:
    path = f"/api/v1/decisions/{caller.proposed()['id']}/withdraw"
    return _agent(caller, path, {"reason": "not needed"}), ["decision.withdrawn"]


def _ordered(caller: Caller) -> Any:
    lease = caller.claimed()
    body = {"fencing": lease["fencing"], "status": "succeeded"}
    assert caller.agent("POST", f"/api/v1/leases/{lease['lease_id']}/outcome", body).status_code == 200
    path = f"/api/v1/decisions/{lease['decision']}/verdicts"
    assert caller.command("ines", path, {"verdict": "veto", "reason": ""}).status_code == 200
    return lease


def revert_ack(caller: Caller) -> Prepared:
    lease = _ordered(caller)
    path = f"/api/v1/revert-orders/{lease['decision']}/ack"
    return _agent(caller, path, {"fencing": lease["fencing"]}), ["revert.acknowledged"]


def revert_outcome(caller: Caller) -> Prepared:
    lease = _ordered(caller)
    path = f"/api/v1/revert-orders/{lease['decision']}/outcome"
    return _agent(caller, path, {"fencing": lease["fencing"], "status": "succeeded"}), ["revert.finished"]


VERBS: tuple[Callable[[Caller], Prepared], ...] = (
    propose,
    approve,
    veto,
    claim,
    heartbeat,
    outcome,
    freeze,
    lift,
    withdraw,
    revert_ack,
    revert_outcome,
)


def kinds(installation: Installation) -> list[str]:
    entries = installation.rows("SELECT seq, kind FROM entry ORDER BY seq")
    assert [seq for seq, _ in entries] == list(range(len(entries))), "seq without a gap"
    return [kind for _, kind in entries]


def killed_at(caller: Caller, label: str, prepared: Prepared) -> None:
    """Kill the server at that step of the command, start it again, and repeat the command as it was."""
    installation = caller.installation
    call, made = prepared
    before = kinds(installation)
    with pytest.raises(httpx.TransportError):
        call(**{"x-kill-at": label})
    assert installation.process is not None
    assert installation.process.wait(10) == -9
    committed = label in ("after_commit", "before_reply")
    assert kinds(installation) == before + (made if committed else [])
    installation.start()
    first = call()
    assert first.status_code < 300, first.text
    again = call()
    assert again.status_code in (first.status_code, 200)
    assert told(again.json()) == told(first.json())
    assert kinds(installation) == before + made, "once, and everything from before"


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """What must be the same each time: a token is signed anew, and a heartbeat is one more."""
    return {name: value for name, value in answer.items() if name not in ("verdict_token", "expires_at")}


@pytest.mark.deep
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_command_is_done_or_not_wherever_the_server_dies(database: str, verb: Any, tmp_path: Path) -> None:
    server = postgresql() if database == "postgresql" else ""
    with (
        Installation(tmp_path, server, whole=False, application="tests.deep.killed:application") as installation,
        Caller(installation) as caller,
    ):
        installation.start()
        for label in LABELS:
            killed_at(caller, label, verb(caller))
            if verb is freeze:
                lifted(caller)
        installation.kill()
        installation.verify()


def lifted(caller: Caller) -> None:
    """Let agents go on: a freeze that is in force already is not set again."""
    [stopped] = caller.read("marta", "/api/v1/freezes")["items"]
    for person in ("marta", "david"):
        caller.command(person, f"/api/v1/freezes/{stopped['id']}/lift", {})
