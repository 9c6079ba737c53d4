"""An installation to measure: a data folder of its own that is removed, tables, a register and a policy, and a server.

Imported before anything of the product: it sets the environment that settings are read from.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import yaml

ROOT = Path(__file__).resolve().parent.parent
os.environ["OVERSIGHT_DATA_DIR"] = tempfile.mkdtemp(prefix="oversight-bench-")
os.environ["REDIS_URL"] = os.environ.get("BENCH_REDIS_URL", "")
os.environ["OVERSIGHT_REQUIRE_SECOND_FACTOR"] = "false"
os.environ["OVERSIGHT_LOG_LEVEL"] = "ERROR"
for limit in ("PROPOSALS_PER_MINUTE", "COMMANDS_PER_MINUTE", "READS_PER_MINUTE", "OPEN_HOLDS"):
    # What is measured is the server, not its patience.
    os.environ[f"OVERSIGHT_{limit}"] = "1000000"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
django.setup()

from django.conf import settings  # noqa: E402 - the settings come first
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from approvals import organisation  # noqa: E402
from approvals.actions.activate_policy import activate_policy  # noqa: E402
from approvals.actions.change_register import change_register  # noqa: E402
from approvals.actions.handle_key import make_key  # noqa: E402
from benchmarks.http import until_up  # noqa: E402
from decisions.auth.sessions import SessionStore, begin  # noqa: E402
from decisions.intake import cloudevents, events  # noqa: E402
from decisions.models import Agent, Decision, Person  # noqa: E402
from decisions.recording import record_all  # noqa: E402
from decisions.vocab import Scope  # noqa: E402

SERVICES = 260
ORGANISATION = yaml.safe_dump(
    {
        "people": [
            {"username": "marta", "name": "Marta", "roles": ["manager"]},
            {"username": "ines", "name": "Ines", "roles": ["responder"]},
        ],
        "groups": [{"slug": "approvers", "name": "Approvers", "members": ["marta"]}],
        "services": [
            {"slug": f"s-{n}", "tier": 1, "environments": [{"name": "prod", "class": "prod"}], "owner": "marta"}
            for n in range(SERVICES)
        ],
        "agents": [{"slug": "bench", "owner": "marta"}],
    }
)
POLICY = yaml.safe_load(
    """
    name: Benchmark
    requirements: {one: {quorum: [{group: approvers, n: 1}], hold: 24h, claim: 24h}}
    matrix:
      - {tier: 1, kind: restart, environment: prod, level: L4, requirement: one}
      - {tier: 1, kind: "*", environment: prod, level: L2, requirement: one}
    """
)
CSRF = "c" * 32


def prepare() -> tuple[Agent, dict[str, str]]:
    """Tables, register and policy: the agent, and the headers of the agent and of a responder who is signed in."""
    install(ORGANISATION, POLICY)
    agent = Agent.objects.get()
    return agent, headers(agent, "ines")


def install(register: str, policy: Any) -> None:
    """Tables, that register and that policy."""
    call_command("migrate", verbosity=0)
    change_register(organisation.read(register), actor=None)
    activate_policy(policy)


def headers(agent: Agent, username: str) -> dict[str, str]:
    """The headers of `agent` with every scope, and of a person who is signed in."""
    key = make_key(agent.id, scopes=list(Scope), days=1, actor=None)
    session = signed_in(Person.objects.get(username=username))
    person = f"cookie: {settings.SESSION_COOKIE_NAME}={session}; csrftoken={CSRF}\r\nx-csrftoken: {CSRF}\r\n"
    return {"agent": f"authorization: Bearer {key}\r\n", "person": person}


def signed_in(person: Person) -> str:
    """The key of a session of `person`."""
    made = SessionStore()
    made[SESSION_KEY] = str(person.pk)
    made[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    made[HASH_SESSION_KEY] = person.get_session_auth_hash()
    # Else a live page of it is closed at the first look.
    begin(made, "benchmark")
    made.save()
    return str(made.session_key)


def data(kind: str = "restart", service: str = "s-0") -> dict[str, Any]:
    """A proposal like no other: `restart` is permitted at once, anything else waits for a person."""
    name = uuid.uuid4().hex
    target = {"service": service, "environment": "prod", "resource": f"pod/{name}"}
    return {
        "decision": name,
        "action": {"kind": kind, "target": target, "undo": {"kind": kind}},
        "rationale": "error rate 7.2 % > 2 % for 5 min after revision 422; 421 was healthy for six days",
    }


def proposed(agent: Agent, count: int, kind: str = "restart", service: str = "s-0") -> list[Decision]:
    """That many decisions, made in bulk without the server."""
    rows: list[Decision] = []
    for start in range(0, count, 500):
        made = [
            {
                "specversion": "1.0",
                "id": uuid.uuid4().hex,
                "source": "/bench",
                "type": "oversight.decision.proposed.v1",
                "data": data(kind, service),
            }
            for _ in range(min(500, count - start))
        ]
        prepared = events.prepare(agent.id, [cloudevents.read_event(one, 64 * 1024) for one in made])
        refs = {item.ref for item in prepared}

        def decide(moment: Any, prepared: Any = prepared) -> Any:
            return events.decide(prepared, moment)

        first = record_all(decide, principal=f"agent:{agent.id}", keys=refs, weight=len(refs)).first_seq
        rows += Decision.objects.filter(seq__gte=first).order_by("seq")
    return rows


@contextmanager
def serving(port: int, application: str = "oversight.asgi:application") -> Iterator[subprocess.Popen[bytes]]:
    """The server on that port, on its own process."""
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--log-level", "error"]
    command += ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false"]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        until_up(port)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            # It still has more to store than anybody waits for.
            server.kill()
            server.wait(20)


def remove() -> None:
    shutil.rmtree(os.environ["OVERSIGHT_DATA_DIR"], ignore_errors=True)


def database() -> str:
    return "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
