"""Start the demo: an example organisation, recorded decisions of real agents, and live agents beside the server."""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from approvals import organisation
from approvals.actions.activate_policy import activate_policy
from approvals.actions.change_register import change_register
from approvals.actions.handle_key import make_key, revoke_key
from approvals.actions.handle_secret import end_secret, make_secret
from approvals.actions.import_recordings import import_recordings
from approvals.actions.request_report import request_report
from approvals.documents import read_yaml
from approvals.models import PolicyVersion, Report
from approvals.tasks import last_month
from decisions import clock
from decisions.models import Agent, AgentKey, Person, Source, SourceSecret
from decisions.vocab import Scope
from oversight import example_board
from oversight.management.commands.up import address, prepare, serve

EXAMPLES = settings.BASE_DIR / "examples"


class Command(BaseCommand):
    help = "Run Oversight with an example organisation, recorded decisions and live agents."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rate", type=float, default=4, help="live decisions a minute (default 4; 0: none)")

    def handle(self, *args: Any, **options: Any) -> None:
        prepare()
        wanted = organisation.read((EXAMPLES / "organisation.yaml").read_text())
        change_register(wanted, actor=None)
        if not PolicyVersion.objects.exists():
            activate_policy(read_yaml((EXAMPLES / "policy.yaml").read_text()))
            self._import()
            for name in ("board.yaml", "duties.yaml"):
                example_board.keep(EXAMPLES / name, by=Person.objects.get(username="helena"), now=clock.now())
        accounts = sign_ins(wanted)
        path = write_access(accounts, agent_keys(), source_secrets())
        self._say(accounts, path)
        threading.Thread(target=play, args=(path, options["rate"]), name="live-agents", daemon=True).start()
        serve()

    def _import(self) -> None:
        """The recorded decisions of the last three months."""
        found = recorded(clock.now())
        import_recordings(found, source="examples/recorded", actor=None)
        self.stdout.write(f"Imported {len(found)} recorded decisions of real agents, with their times shifted.")

    def _say(self, accounts: list[dict[str, str]], path: Path) -> None:
        self.stdout.write(f"\nOversight is at {address()}\n")
        for account in accounts:
            self.stdout.write(f"  {account['role']:<10} {account['username']:<10} {account['password']}")
        self.stdout.write(f"\nThe same sign-ins and the agents' keys are in {path}. Press Ctrl-C to stop.\n")
        self.stdout.flush()


def recorded(now: datetime) -> list[tuple[str, dict[str, Any]]]:
    """(agent, event) of the example recordings, moved to the months before `now`. Examples are programs, never imported."""
    command = [sys.executable, "-m", "examples.recordings", "--now", now.isoformat()]
    printed = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, check=True).stdout  # noqa: S603
    lines = [json.loads(line) for line in printed.splitlines()]
    return [(line["agent"], line["event"]) for line in lines]


def sign_ins(wanted: organisation.Organisation) -> list[dict[str, str]]:
    """A fresh password for every example person."""
    accounts = []
    for row in wanted.people:
        password = secrets.token_urlsafe(12)
        person = Person.objects.get(username=row.username)
        person.set_password(password)
        person.save(update_fields=["password"])
        accounts.append({"username": row.username, "password": password, "role": ", ".join(row.roles)})
    return accounts


def agent_keys() -> list[dict[str, str]]:
    """A fresh key for every active agent; the ones of the last start are revoked."""
    made = []
    for agent in Agent.objects.filter(active=True).order_by("slug"):
        for old in AgentKey.objects.filter(agent_id=agent.id, revoked_at=None):
            revoke_key(old.id, actor=None)
        made.append({"name": agent.slug, "key": make_key(agent.id, scopes=list(Scope), days=90, actor=None)})
    return made


def source_secrets() -> list[dict[str, str]]:
    """A fresh secret for every source; the ones of earlier starts are over."""
    made = []
    for source in Source.objects.filter(active=True).order_by("slug"):
        for old in SourceSecret.objects.filter(source_slug=source.slug, ends_at=None):
            end_secret(old.id, actor=None)
        made.append({"name": source.slug, "system": source.system, "secret": make_secret(source.slug, actor=None)})
    return made


def write_access(accounts: list[dict[str, str]], agents: list[dict[str, str]], sources: list[dict[str, str]]) -> Path:
    """The sign-ins, keys and secrets of this start, readable by their owner alone."""
    path = Path(settings.DATA_DIR) / "demo-access.json"
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump({"url": address(), "accounts": accounts, "agents": agents, "sources": sources}, out, indent=1)
    return path


def play(access: Path, rate: float) -> None:
    """Once the server answers: last month's report, then the live agents as a child process, until we end. Rate 0: none."""
    wait_until_ready()
    if not Report.objects.filter(period=last_month()).exists():
        request_report(last_month(), actor=None)
    if rate <= 0:
        return
    command = [sys.executable, "-m", "examples.live_agents", "--access", str(access), "--rate", str(rate)]
    child = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    child.wait()


def wait_until_ready() -> None:
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{settings.PORT}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
