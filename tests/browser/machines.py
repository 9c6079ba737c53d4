"""Agents and people who reach the server without a browser: by HTTP, as machines and other people's pages do."""

import re
import uuid
from typing import Any

import httpx

from tests import factories
from tests.factories import Json


class Machine:
    """An agent with its key. It remembers what it asked about, so that nothing is left open after a test."""

    def __init__(self, url: str, key: str) -> None:
        self.client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=40)
        self.asked: list[Json] = []

    def report(self, *events: Json) -> Json:
        """Report what was done; one event or a batch."""
        body: Any = list(events) if len(events) > 1 else events[0]
        kind = "application/cloudevents-batch+json" if len(events) > 1 else "application/cloudevents+json"
        answer = self.client.post("/api/v1/events", json=body, headers={"Content-Type": kind})
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def propose(self, **over: Any) -> Json:
        """Ask before acting: the decision as the server answers it."""
        answer = self.client.post(
            "/api/v1/proposals", json=factories.data(**over), headers={"Idempotency-Key": uuid.uuid4().hex}
        )
        assert answer.status_code == 201, answer.text
        self.asked.append(answer.json())
        return self.asked[-1]

    def ask(self, resource: str, **over: Any) -> Json:
        """A proposal that one approver of the example organisation decides."""
        return self.propose(action=factories.action(service="frontend", resource=resource, **over))

    def wait(self, decision: Json, seconds: int = 25) -> Json:
        """The long poll: the decision once it is newer than `decision`, or after `seconds`."""
        answer = self.client.get(
            f"/api/v1/decisions/{decision['id']}", params={"wait": seconds, "after": decision["version"]}
        )
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found


def resource() -> str:
    """A resource that nothing else in the ledger names."""
    return f"deploy/b-{uuid.uuid4().hex[:10]}"


def done(name: str, **over: Any) -> Json:
    """The event of an agent that scaled `name` in staging, where it may act alone: routine, folded with its like."""
    target = {"service": "geo", "environment": "staging", "resource": name} | over.pop("target", {})
    return factories.event(action=factories.action(**target), outcome={"status": "succeeded", "detail": "done"}, **over)


class Elsewhere:
    """A person at another machine: signed in, answering, without a browser."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.client = httpx.Client(base_url=url, follow_redirects=True, timeout=20, headers={"Referer": url})
        page = self.client.get("/accounts/login/").text
        fields = {**hidden(page), "username": username, "password": password, "next": "/policy/"}
        answer = self.client.post("/accounts/login/", data=fields)
        assert answer.url.path == "/policy/", f"{username} could not sign in"

    def answer(self, decision: Json, verdict: str, reason: str = "") -> None:
        path = f"/decisions/{decision['id']}/"
        page = self.client.get(path).text
        fields = {**hidden(page), "verdict": verdict, "reason": reason}
        answer = self.client.post(f"{path}verdict", data=fields)
        assert answer.status_code == 200, answer.text[:500]

    def state(self, decision: Json) -> str:
        answer = self.client.get(f"/api/v1/decisions/{decision['id']}")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["state"])

    def stop(self, service: str) -> None:
        """Stop agents on that service."""
        fields = {"scope": f"service:{service}", "mode": "all", "word": "stop", "reason": "A drill."}
        answer = self.client.post("/stop/now/", data=hidden(self.client.get("/stop/").text) | fields)
        assert answer.status_code == 200, answer.text[:500]
        assert f"Agents on {service}" in answer.text

    def let_go_on(self) -> None:
        """Say of every stop in force that it may be lifted."""
        page = self.client.get("/stop/").text
        for address in re.findall(r'action="(/stop/[0-9a-f-]{36}/lift/)"', page):
            answer = self.client.post(address, data=hidden(page))
            assert answer.status_code == 200, answer.text[:500]

    def link(self, username: str) -> str:
        """Where `username` chooses a password: a new link, made as an administrator."""
        page = self.client.get(f"/register/people/{username}/").text
        made = self.client.post(f"/register/people/{username}/link/", data=hidden(page)).text
        found = re.search(r'id="new-link">https?://[^/]+([^<]+)<', made)
        assert found, made[:2000]
        return found[1]

    def cookies(self) -> list[dict[str, Any]]:
        """The session, for a browser to go on with."""
        return [
            {"name": cookie.name, "value": cookie.value or "", "domain": "localhost", "path": "/"}
            for cookie in self.client.cookies.jar
        ]


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
