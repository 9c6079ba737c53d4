"""The database refuses a change of a decision's state that no entries can make; `decisions.edges` says which can.

Nothing is rewritten: a trigger is added to `decision`, which on PostgreSQL takes a short exclusive lock.
"""

from typing import Any

from django.db import migrations

AFTER = {
    "authorized": "closed denied executing expired failed reported revert_failed revert_failed_ack revert_ordered reverted reverting review succeeded unknown vetoed withdrawn",
    "executing": "closed denied failed reported revert_failed revert_failed_ack revert_ordered reverted reverting review succeeded unknown",
    "failed": "closed denied reported revert_failed revert_failed_ack revert_ordered reverted reverting review succeeded unknown",
    "pending": "authorized closed denied executing expired failed reported revert_failed revert_failed_ack revert_ordered reverted reverting review succeeded unknown vetoed withdrawn",
    "reported": "closed denied failed revert_failed revert_failed_ack revert_ordered reverted reverting review succeeded unknown",
    "revert_failed": "revert_failed_ack reverted",
    "revert_ordered": "closed revert_failed revert_failed_ack reverted reverting review",
    "reverting": "closed revert_failed revert_failed_ack revert_ordered reverted review",
    "review": "closed revert_failed revert_failed_ack revert_ordered reverted reverting",
    "succeeded": "closed revert_failed revert_failed_ack revert_ordered reverted reverting review",
    "suggested": "authorized closed denied executing expired failed pending reported revert_failed revert_failed_ack revert_ordered reverted reverting review succeeded unknown vetoed withdrawn",
    "unknown": "closed denied failed reported revert_failed revert_failed_ack revert_ordered reverted reverting review succeeded",
    "window": "authorized closed denied executing expired failed pending reported revert_failed revert_failed_ack revert_ordered reverted reverting review succeeded unknown vetoed withdrawn",
}
"""Each state that is not terminal, and every state that it may become, at once or later."""
PAIRS = ", ".join(f"'{before}>{after}'" for before, states in AFTER.items() for after in states.split())

POSTGRESQL = f"""
SET LOCAL lock_timeout = '5s';
CREATE FUNCTION oversight_decision_edges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN ({PAIRS}) THEN
        RAISE EXCEPTION 'a decision that is % does not become %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decision_edges BEFORE UPDATE ON decision FOR EACH ROW
    WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION oversight_decision_edges();
ALTER TABLE decision ENABLE ALWAYS TRIGGER decision_edges;
"""
POSTGRESQL_BACK = """
DROP TRIGGER IF EXISTS decision_edges ON decision;
DROP FUNCTION IF EXISTS oversight_decision_edges();
"""
SQLITE = f"""
CREATE TRIGGER decision_edges BEFORE UPDATE ON decision
    WHEN OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN ({PAIRS})
    BEGIN SELECT RAISE(ABORT, 'a decision does not change its state like this'); END
"""


def guard(apps: Any, editor: Any) -> None:
    editor.execute(POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE, params=None)


def unguard(apps: Any, editor: Any) -> None:
    editor.execute(
        POSTGRESQL_BACK if editor.connection.vendor == "postgresql" else "DROP TRIGGER IF EXISTS decision_edges",
        params=None,
    )


class Migration(migrations.Migration):
    dependencies = [("decisions", "0004_gate")]
    operations = [migrations.RunPython(guard, unguard)]
