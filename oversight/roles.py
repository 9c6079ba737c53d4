"""What the role that we use could do to the ledger behind our back, on PostgreSQL. It must not change a grant."""

from django.conf import settings
from django.db import connection

FORBIDDEN = {
    "entry": "UPDATE, DELETE, TRUNCATE, TRIGGER",
    "tile": "UPDATE, DELETE, TRUNCATE, TRIGGER",
    "checkpoint": "UPDATE, DELETE, TRUNCATE, TRIGGER",
    "cosignature": "UPDATE, DELETE, TRUNCATE, TRIGGER",
    "head": "INSERT, DELETE, TRUNCATE, TRIGGER",
}
ASKED = """
SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
    pg_has_role(current_user, c.relowner, 'MEMBER'), has_table_privilege(c.oid, %s)
FROM pg_class c WHERE c.oid = %s::regclass
"""


class UnsafeRoleError(Exception):
    """The role may change the ledger, and the settings say that none may."""


def why_unsafe() -> str:
    """Why the role that we use is not kept from changing the ledger; empty where it is, and on SQLite, which has no roles."""
    if not settings.SERVICE_MODE:
        return ""
    with connection.cursor() as cursor:
        for table, privileges in FORBIDDEN.items():
            cursor.execute(ASKED, [privileges, table])
            [(superuser, owner, privileged)] = cursor.fetchall()
            if superuser:
                return "it is a superuser, whom no trigger and no grant keeps from anything"
            if owner:
                return f"it owns the table {table} and can turn its guards off"
            if privileged:
                return f"it may do one of {privileges} on the table {table}"
    return ""


def check() -> str:
    """What to warn of. Raises UnsafeRoleError where OVERSIGHT_STRICT_ROLES is set instead."""
    why = why_unsafe()
    if not why:
        return ""
    told = f"the database's role can change the ledger: {why}; see deploy/roles.sql"
    if settings.STRICT_ROLES:
        raise UnsafeRoleError(told)
    return told
