"""People, agents, the clock and the database of the tests. A fixture must not hide what a test is about."""

import gc
import os
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client, TransactionTestCase

from approvals.actions.activate_policy import activate_policy
from approvals.actions.change_register import change_register
from decisions import clock as product_clock
from decisions import recording
from decisions.auth import keys, limits, sources
from decisions.intake import tally
from decisions.models import Agent, Person
from tests import database, factories
from tests.environment import DATA_DIR

LOOPBACK = ("127.", "::1", "localhost")


def pytest_configure() -> None:
    """What makes the tests quick, and nothing else about them different."""
    # Tests roll their database back, which is what the guard is there to notice.
    settings.GUARD_FILE = None
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # How long an example takes to make depends on the machine, not on the product.
    hypothesis.settings.register_profile(
        "oversight", max_examples=50, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("oversight")
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def pytest_collection_finish() -> None:
    """What five thousand tests are made of stays to the end: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A file on SQLite, so that threads share it; on PostgreSQL a database for each worker, named after the one given."""
    wanted = settings.DATABASES["default"]
    if wanted["ENGINE"].endswith("sqlite3"):
        wanted["TEST"]["NAME"] = str(Path(DATA_DIR) / "test.sqlite3")
        # The tests end with the machine; what survives a power cut is not theirs to show.
        wanted["OPTIONS"]["init_command"] = wanted["OPTIONS"]["init_command"].replace("FULL", "OFF")
        # A worker asks more different questions than a server does: without room for them each is parsed anew.
        wanted["OPTIONS"]["cached_statements"] = 2048
    else:
        # Sixteen racing threads, each with a connection of its own, beside the readers that keep theirs.
        wanted["OPTIONS"]["pool"]["max_size"] = 40
    if wanted["NAME"].startswith("oversight_test"):
        wanted["TEST"]["NAME"] = f"{wanted['NAME']}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    yield
    recording.stop()
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            # Threads of readers keep connections for as long as the process lives.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session", autouse=True)
def wiped_between_tests() -> Iterator[None]:
    """Tests that commit end with an empty ledger: Django's flush cannot do that, the guards refuse it."""

    def teardown(self: TransactionTestCase) -> None:
        recording.stop()
        database.wipe()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_power_cut() -> Iterator[None]:
    """Nobody waits for a disk: the order of writing and syncing is the same, and a handle that is none is refused."""

    def synced(handle: Any) -> None:
        os.fstat(handle if isinstance(handle, int) else handle.fileno())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", synced)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Nothing leaves this machine."""

    def guarded(connect: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
        def reach(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
                raise PermissionError(f"a test tried to reach {address[0]}")
            return connect(self, address)

        return reach

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        yield


@pytest.fixture(autouse=True)
def as_at_start() -> Iterator[None]:
    """Nothing that one test leaves in this process reaches the next."""
    yield
    product_clock.use(product_clock.system)
    recording._refusals.counts.clear()
    keys.forget()
    limits.forget()
    sources.forget()
    tally.forget()


class Clock:
    """The product's clock, in the hands of a test; it stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def set(self, at: datetime) -> None:
        self.at = at

    def advance(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


@pytest.fixture
def clock() -> Clock:
    """It is 03:47 on a Sunday."""
    held = Clock(datetime(2026, 11, 22, 3, 47, tzinfo=UTC))
    product_clock.use(held.now)
    return held


@pytest.fixture
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """A data folder of this test alone: keys, checkpoints, reports."""
    settings.DATA_DIR = tmp_path
    return tmp_path


_organisations: dict[Any, database.Content] = {}
"""The company as this process once wrote it: to make it takes ten times as long as to write its rows."""


@pytest.fixture
def organisation(db: None, clock: Clock) -> factories.Register:
    """A small company with everybody in it, and a policy in force; the clock stands still."""
    # What is disclosed can be read in the data folder alone in which it was written.
    where = (settings.DATA_DIR, settings.LOG_ORIGIN)
    if where in _organisations:
        database.put_back(_organisations[where])
    else:
        change_register(factories.organisation(), actor=None)
        activate_policy(factories.policy())
        if str(settings.DATA_DIR) == DATA_DIR:
            _organisations[where] = database.content()
    return factories.Register(
        people={person.username: person for person in Person.objects.all()},
        agents={agent.slug: agent for agent in Agent.objects.all()},
    )


@pytest.fixture
def agent(organisation: factories.Register) -> Agent:
    return organisation.agents["remediator"]


@pytest.fixture
def responder(organisation: factories.Register) -> Person:
    return organisation.people["ines"]


@pytest.fixture
def manager(organisation: factories.Register) -> Person:
    return organisation.people["marta"]


@pytest.fixture
def second_manager(organisation: factories.Register) -> Person:
    return organisation.people["david"]


@pytest.fixture
def executive(organisation: factories.Register) -> Person:
    return organisation.people["helena"]


@pytest.fixture
def auditor(organisation: factories.Register) -> Person:
    return organisation.people["samuel"]


@pytest.fixture
def admin(organisation: factories.Register) -> Person:
    return organisation.people["yuki"]


@pytest.fixture
def viewer(organisation: factories.Register) -> Person:
    return organisation.people["noor"]


@pytest.fixture
def outsider(organisation: factories.Register) -> Person:
    """Somebody with an account and no standing in the register: they must see nothing."""
    return factories.outsider()


@pytest.fixture
def client_for(db: None) -> Callable[[Person | AnonymousUser], Client]:
    """A browser in which that person has just signed in."""

    def made(person: Person | AnonymousUser) -> Client:
        client = Client()
        if isinstance(person, Person):
            client.force_login(person)
            session = client.session
            session["signed_in_at"] = time.time()
            session.save()
        return client

    return made


@pytest.fixture
def agent_client(agent: Agent) -> factories.AgentClient:
    """A client that shows a key of the agent with every scope."""
    return factories.AgentClient.of(agent)
