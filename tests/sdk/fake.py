"""A gate on loopback that keeps the contract, and breaks it where a test says so. It must not share code with the sdk or the server."""

import base64
import contextlib
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from tests.sdk import signing

KEY = "gk_test_this-is-the-key-of-the-agent"
AGENT = "7d9f2c1a-3a55-4a57-9c7e-54b1f9a0c001"
Answer = tuple[int, dict[str, Any]]
LOST = "lost"
"""The call is done and its answer never arrives."""
DROP = "drop"
"""The connection ends before the call is done."""


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def name_of(raw: bytes) -> str:
    return "sha256:" + hashlib.sha256(b"oversight-action-v1\0" + raw).hexdigest()


def instant(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def problem(status: int, slug: str, **extra: Any) -> Answer:
    return status, {"type": f"/problems/{slug}", "title": slug, "status": status, "detail": f"it is {slug}", **extra}


class FakeGate:
    """`rule` is the state of new decisions. `script(pattern, …)` gives the next answers of a call; `seen` is what came."""

    def __init__(self) -> None:
        self.rule = "authorized"
        self.lease_for = 60.0
        self.heartbeat_s = 20.0
        self.beat: dict[str, Any] = {"continue": True, "stop_reason": None}
        self.signing_key = signing.make_key("fake")
        self.claims: dict[str, Any] = {}
        self.tamper: Callable[[dict[str, Any]], None] = lambda _: None
        self.decisions: dict[str, dict[str, Any]] = {}
        self.leases: dict[str, str] = {}
        self.orders: list[dict[str, Any]] = []
        self.seen: list[tuple[str, str, str, dict[str, Any]]] = []
        self.changed = threading.Condition()
        self.claimed = threading.Event()
        self._scripts: list[tuple[str, list[Any]]] = []
        self._proposed: dict[str, str] = {}
        self._fencing = 100
        gate = self

        class Handler(_Handler):
            fake = gate

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def script(self, pattern: str, *answers: Any) -> None:
        self._scripts.append((pattern, list(answers)))

    def calls(self, pattern: str) -> list[tuple[str, dict[str, Any]]]:
        """(idempotency key, body) of each call that came."""
        return [(key, body) for method, path, key, body in self.seen if re.search(pattern, f"{method} {path}")]

    def outcomes(self) -> list[str]:
        return [body["status"] for _, body in self.calls("POST .*/leases/.*/outcome")]

    def decide(self, state: str, **over: Any) -> None:
        """Bring every decision to `state`, as people would."""
        with self.changed:
            for held in self.decisions.values():
                held.update(state=state, version=held["version"] + 1, **over)
            self.changed.notify_all()

    def one(self) -> dict[str, Any]:
        (only,) = self.decisions.values()
        return only

    def next_script(self, call: str) -> Any:
        for pattern, answers in self._scripts:
            if answers and re.search(pattern, call):
                return answers.pop(0)
        return None

    def answer(self, method: str, path: str, key: str, body: dict[str, Any]) -> Answer:
        path, _, query = path.partition("?")
        if method == "GET" and path == "/.well-known/jwks.json":
            return 200, {"keys": [signing.jwk(self.signing_key)]}
        parts = path.removeprefix("/api/v1/").split("/")
        if method == "POST" and not key:
            return problem(400, "bad-request")
        match method, parts:
            case "POST", ["proposals"]:
                return self._propose(key, body)
            case "GET", ["decisions", decision]:
                return self._wait(decision, dict(pair.split("=") for pair in query.split("&") if pair))
            case "POST", ["decisions", decision, "claim"]:
                return self._claim(decision, body)
            case "POST", ["decisions", decision, "withdraw"]:
                self.decide("withdrawn")
                return 200, self._shown(decision)
            case "POST", ["leases", lease, "heartbeat"]:
                return 200, {**self.beat, "expires_at": instant(time.time() + self.lease_for)}
            case "POST", ["leases", lease, "outcome"]:
                held = self.decisions[self.leases[lease]]
                held.update(state=body["status"] if body["status"] in {"succeeded", "failed"} else "review")
                return 200, self._shown(self.leases[lease])
            case "GET", ["revert-orders"]:
                return 200, {"items": self.orders}
            case "POST", ["revert-orders", order, verb]:
                return self._revert(order, verb)
        return problem(404, "not-found")

    def _propose(self, key: str, body: dict[str, Any]) -> Answer:
        text = json.dumps(body, sort_keys=True)
        for held in self.decisions.values():
            if held["key"] == key:
                return (200, self._shown(held["id"])) if held["text"] == text else problem(422, "idempotency-mismatch")
        action = {"v": 1, "agent": AGENT, **body["action"]}
        made = str(uuid4())
        self.decisions[made] = {
            "id": made,
            "version": 1,
            "state": self.rule,
            "key": key,
            "text": text,
            "action": action,
            "hold_until": None,
        }
        return 201, self._shown(made)

    def _shown(self, decision: str) -> dict[str, Any]:
        held = self.decisions[decision]
        return {
            **{name: held[name] for name in ("id", "version", "state", "hold_until")},
            "action_hash": name_of(canonical(held["action"])),
            "links": {"self": f"/api/v1/decisions/{decision}", "page": f"/decisions/{decision}/"},
            "risk": 0.25,
        }

    def _wait(self, decision: str, query: dict[str, str]) -> Answer:
        if decision not in self.decisions:
            return problem(404, "not-found")
        with self.changed:
            self.changed.wait_for(
                lambda: self.decisions[decision]["version"] > int(query.get("after", -1)), float(query.get("wait", 0))
            )
            return 200, self._shown(decision)

    def _claim(self, decision: str, body: dict[str, Any]) -> Answer:
        held = self.decisions[decision]
        if held.get("claim_key") not in {None, body["claim_key"]}:
            return problem(409, "claimed", state=held["state"])
        if held.get("claim_key") is None and held["state"] != "authorized":
            return problem(409, "not-open", state=held["state"])
        if held.get("claim_key") is None:
            self._fencing += 1
            held.update(claim_key=body["claim_key"], lease=str(uuid4()), fencing=self._fencing, state="executing")
            self.leases[held["lease"]] = decision
        self.tamper(held["action"])
        raw = canonical(held["action"])
        now = int(time.time())
        claims = signing.claims(at=now, action=raw, agent=AGENT, iss=self.url, aud=body["executor"])
        claims |= {"jti": held["lease"], "dec": decision, "fen": held["fencing"], **self.claims}
        self.claimed.set()
        return 200, {
            "lease_id": held["lease"],
            "fencing": held["fencing"],
            "expires_at": instant(time.time() + self.lease_for),
            "heartbeat_s": self.heartbeat_s,
            "action": base64.b64encode(raw).decode(),
            "action_hash": name_of(raw),
            "verdict_token": signing.sign(self.signing_key, signing.header(self.signing_key), claims),
        }

    def _revert(self, order: str, verb: str) -> Answer:
        (found,) = [one for one in self.orders if one["id"] == order]
        if verb == "ack":
            found["state"] = "reverting"
        else:
            self.orders.remove(found)
        return 200, found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: FakeGate

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.loads(raw) if raw else {}
        key = self.headers.get("idempotency-key", "")
        call = f"{self.command} {self.path}"
        self.fake.seen.append((self.command, self.path, key, body))
        scripted = self.fake.next_script(call)
        if self.headers.get("authorization") != f"Bearer {KEY}":
            scripted = scripted or problem(401, "unauthorized")
        if scripted == DROP:
            self.close_connection = True
            return
        if isinstance(scripted, tuple):
            status, answer, *headers = scripted
        else:
            (status, answer), headers = self.fake.answer(self.command, self.path, key, body), []
        if callable(scripted):
            status, answer = scripted(status, answer)
        if scripted == LOST:
            self.close_connection = True
            return
        sent = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        for name, value in (headers[0] if headers else {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = _serve  # noqa: N815 - the names of http.server

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
