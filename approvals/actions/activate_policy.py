"""Make a policy document the version in force, from the operator's command line."""

from collections.abc import Mapping
from typing import Any

from approvals.queries import policies
from decisions import register
from decisions.envelope import Draft
from decisions.errors import conflict
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.vocab import Kind


def activate_policy(document: Mapping[str, Any]) -> Recorded:
    """Activate `document` as the next version; the same document again changes nothing and raises a 409 problem.

    People draft and a second one activates; this is how an operator starts, or goes on where the register has no second person.
    Raises a 422 problem that lists every fault of the document.
    """

    def decide(moment: Moment) -> list[Draft]:
        latest = policies.in_force()
        following = latest.version + 1 if latest else 1
        read = policies.read(
            document, as_version=following, known=register.at(moment.config), now=moment.now, quorums=False
        )
        if latest is not None and latest.sha256 == read.sha256:
            raise conflict("unchanged", f"This policy is in force already as version {latest.version}.")
        return [activation("system", following, read.sha256, document, draft=None)]

    return record(decide, principal="system")


def activation(actor: str, version: int, sha256: str, document: Mapping[str, Any], *, draft: str | None) -> Draft:
    """The entry that puts `document` in force."""
    return Draft(
        kind=Kind.POLICY_ACTIVATED,
        actor=actor,
        facts={"kv": 1, "version": version, "sha256": sha256, "draft": draft},
        disclosed={"document": dict(document)},
    )
