"""The roles of deploy/roles.sql on PostgreSQL: the application works with them, and cannot get round them."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from approvals.actions.activate_policy import activate_policy
from approvals.actions.change_register import change_register
from decisions import checkpoints, ledger, rebuild
from decisions.merkle import leaf_hash
from decisions.models import Agent
from decisions.verify import verify_ledger
from oversight import roles
from tests import factories
from tests.contracts.tree import text
from tests.factories import event, send

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("data_dir"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles"),
]
BODY = b"{}"


def run(statement: str, values: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def role() -> Iterator[str]:
    """The application's role of the file, under names of this test alone; all of it is rolled back."""
    mine = secrets.token_hex(4)
    made = text("deploy/roles.sql").replace("oversight_owner", f"owner_{mine}")
    made = made.replace("oversight_application", f"application_{mine}")
    run(made.replace("%", "%%"), {})
    run(made.replace("%", "%%"), {})
    yield f"application_{mine}"
    run("RESET ROLE")


@contextmanager
def as_role(role: str) -> Iterator[None]:
    run(f'SET LOCAL ROLE "{role}"')
    try:
        yield
    finally:
        run("RESET ROLE")


ROW = (
    "INSERT INTO entry (seq, id, kind, at, body, leaf) SELECT %(seq)s, gen_random_uuid(), kind, at, %(body)s, %(leaf)s"
    " FROM entry WHERE seq = 0"
)
BYPASSES = {
    "update": "UPDATE entry SET kind = 'x' WHERE seq = 0",
    "delete": "DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)",
    "truncate": "TRUNCATE entry",
    "turn the guards off": "ALTER TABLE entry DISABLE TRIGGER ALL",
    "play the replica": "SET LOCAL session_replication_role = replica",
    "a wrong place": ROW.replace("%(seq)s", "%(seq)s + 1"),
    "a wrong hash": ROW.replace("%(leaf)s", "%(body)s"),
    "a head that shrinks": "UPDATE head SET size = size - 1",
    "a head that is too large": "UPDATE head SET size = size + 1",
    "a conflict that updates": ROW.replace("%(seq)s", "0") + " ON CONFLICT (seq) DO UPDATE SET body = excluded.body",
    "delete the head": "DELETE FROM head",
    "a second head": "INSERT INTO head (id, size, root, frontier, at, identity) SELECT 2, size, root, frontier, at, identity FROM head",
    "change a tile": "UPDATE tile SET root = root",
    "change a checkpoint": "UPDATE checkpoint SET note = 'x'",
    "forget a checkpoint": "DELETE FROM checkpoint",
    "change a cosignature": "UPDATE cosignature SET line = 'x'",
    "drop the table": "DROP TABLE entry CASCADE",
    "replace a guard": "CREATE OR REPLACE FUNCTION oversight_insert_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "a trigger of one's own": "CREATE TRIGGER mine BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION oversight_insert_only()",
    "a rule": "CREATE RULE mine AS ON INSERT TO entry DO INSTEAD NOTHING",
    "a table in the way": "CREATE TABLE public.mine (id int)",
    "a grant to oneself": "GRANT UPDATE ON entry TO CURRENT_USER; UPDATE entry SET kind = 'x' WHERE seq = 0",
    "to forget a migration": "DELETE FROM django_migrations",
}


@pytest.mark.parametrize("what", BYPASSES)
def test_a_bypass_is_refused(what: str, role: str, agent: Agent) -> None:
    checkpoints.publish()
    before = [(row.seq, row.leaf) for row in ledger.stored(0, ledger.size())]
    values = {"seq": ledger.size(), "body": BODY, "leaf": leaf_hash(BODY)}
    given = {name: value for name, value in values.items() if f"%({name})s" in BYPASSES[what]}
    with as_role(role), pytest.raises(DatabaseError) as told, transaction.atomic():
        run(BYPASSES[what], given or None)
    assert not any(word in str(told.value) for word in ("syntax", "does not exist", "binding", "ambiguous"))
    assert [(row.seq, row.leaf) for row in ledger.stored(0, ledger.size())] == before


def test_the_owner_is_nobody_who_signs_in(role: str) -> None:
    owner = role.replace("application", "owner")
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolcanlogin, rolsuper FROM pg_roles WHERE rolname = %s", [owner])
        assert cursor.fetchall() == [(False, False)]
        cursor.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchall() == [(owner,)]


def test_the_application_works_as_its_role(role: str) -> None:
    with as_role(role):
        change_register(factories.organisation(), actor=None)
        activate_policy(factories.policy())
        agent = Agent.objects.get(slug="remediator")
        send(agent, *[event() for _ in range(300)])
        row = factories.propose(agent, action=factories.action(service="wiki"))
        factories.finish(factories.claim(row))
        checkpoints.publish()
        assert verify_ledger().clean
        assert not rebuild.rebuild(check=True).differences


def test_the_start_says_what_the_role_could_do(role: str, settings: Any) -> None:
    assert "superuser" in roles.check(), "as the tests run"
    settings.STRICT_ROLES = True
    with pytest.raises(roles.UnsafeRoleError, match="superuser"):
        roles.check()
    with as_role(role):
        assert roles.check() == ""
    run(f'GRANT DELETE ON checkpoint TO "{role}"')
    with as_role(role), pytest.raises(roles.UnsafeRoleError, match="checkpoint"):
        roles.check()
    run(f'REVOKE DELETE ON checkpoint FROM "{role}"; GRANT "{role.replace("application", "owner")}" TO "{role}"')
    with as_role(role), pytest.raises(roles.UnsafeRoleError, match="owns the table entry"):
        roles.check()
