"""People and agents at a running installation, by HTTP, over connections that may break. It must not import the product."""

import re
import uuid
from types import TracebackType
from typing import Any, Self

import httpx
import yaml

from tests.deep.installation import Installation

PASSWORD = "correct horse battery"
SET_PASSWORDS = (
    "from decisions.models import Person\n"
    "for person in Person.objects.all():\n"
    f"    person.set_password('{PASSWORD}'); person.save()"
)
PEOPLE = {"marta": "manager", "david": "manager", "ines": "responder"}
ORGANISATION = {
    "people": [{"username": name, "name": name.title(), "roles": [role]} for name, role in PEOPLE.items()],
    "groups": [{"slug": "approvers", "name": "Approvers", "members": ["marta", "david"]}],
    "services": [
        {"slug": name, "tier": 1, "environments": [{"name": "prod", "class": "prod"}], "owner": "marta"}
        for name in ("search", "wiki", "geo")
    ],
    "agents": [{"slug": "remediator", "owner": "ines"}],
}
POLICY = yaml.safe_load(
    """
    name: Faults
    requirements: {one: {quorum: [{group: approvers, n: 1}], hold: 30m, claim: 10m}}
    matrix:
      - {tier: 1, kind: restart, environment: prod, level: L4}
      - {tier: 1, kind: "*", environment: prod, level: L2, requirement: one}
    """
)


class Caller:
    """Sends requests to an installation; each person signs in once."""

    def __init__(self, installation: Installation, *, key: str = "") -> None:
        """Load the register and a policy, unless a `key` says that they are there."""
        self.installation = installation
        self.key = key or self._loaded()
        self.people: dict[str, httpx.Client] = {}

    def _loaded(self) -> str:
        installation = self.installation
        key = installation.load(ORGANISATION, POLICY, "remediator", "propose", "claim")
        # Pages name their styles by the collected files.
        installation.manage(["shell", "-c", SET_PASSWORDS], ["collectstatic", "--no-input", "--verbosity=0"])
        return key

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self.people.values():
            client.close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.installation.port}"

    def agent(self, method: str, path: str, body: Any = None, *, key: str = "", **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": key or uuid.uuid4().hex, **headers}
        return httpx.request(method, self.address + path, json=body, headers=sent, timeout=60, verify=False)

    def person(self, name: str) -> httpx.Client:
        if name not in self.people:
            client = httpx.Client(base_url=self.address, timeout=60)
            token = _token_in(client.get("/accounts/login/").text)
            fields = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": token}
            answer = client.post("/accounts/login/", data=fields, headers={"Referer": self.address})
            assert answer.status_code == 302, answer.text
            client.headers["X-CSRFToken"] = _token_in(client.get("/needs-you/").text)
            self.people[name] = client
        return self.people[name]

    def command(self, name: str, path: str, body: Any, *, key: str = "", **headers: str) -> httpx.Response:
        """What the person of that name commands."""
        client = self.person(name)
        return client.post(path, json=body, headers={"Idempotency-Key": key or uuid.uuid4().hex, **headers})

    def read(self, name: str, path: str) -> Any:
        answer = self.person(name).get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def proposed(self, kind: str = "restart", service: str = "wiki") -> Any:
        answer = self.agent("POST", "/api/v1/proposals", proposal(kind, service))
        assert answer.status_code == 201, answer.text
        return answer.json()

    def claimed(self) -> Any:
        """A lease, with the id of its decision."""
        decision = self.proposed()
        answer = self.agent("POST", f"/api/v1/decisions/{decision['id']}/claim", claim_of(decision))
        assert answer.status_code == 200, answer.text
        return answer.json() | {"decision": decision["id"]}


def _token_in(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def proposal(kind: str = "restart", service: str = "wiki") -> dict[str, Any]:
    """A proposal like no other."""
    name = uuid.uuid4().hex
    target = {"service": service, "environment": "prod", "resource": f"pod/{name}"}
    return {"decision": name, "action": {"kind": kind, "target": target, "undo": {"kind": kind}}}


def claim_of(decision: Any) -> dict[str, Any]:
    return {"claim_key": "c-1", "action_hash": decision["action_hash"], "executor": "runner-1"}


def approval_of(decision: Any) -> dict[str, Any]:
    """What a person sends who has read `decision`."""
    seen = {name: decision[name] for name in ("version", "action_hash", "display_hash", "ref")}
    return {"verdict": "approve", "reason": "", **seen}
