"""Make a policy document the version in force."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from approvals import access, policy
from approvals.models import PolicyVersion
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Problem
from decisions.recording import Moment, Recorded, record
from decisions.vocab import Kind


def activate_policy(document: Mapping[str, Any], *, actor: UUID | None) -> Recorded:
    """Activate `document` as the next version; the same document again changes nothing and raises a 409 problem.

    `actor` is None for the operator's command line. Raises a 422 problem that lists every fault of the document.
    """

    def decide(moment: Moment) -> list[Draft]:
        known = register.at(moment.config)
        if actor is not None:
            access.require(known, actor, access.ACTIVATES_POLICY, "activate a policy")
        latest = PolicyVersion.objects.order_by("-version").first()
        version = latest.version + 1 if latest else 1
        sizes = {slug: len(known.members_of(slug)) for slug in known.members}
        try:
            read = policy.read(document, version=version, groups=sizes)
        except policy.BadPolicyError as error:
            raise Problem(
                422, "bad-policy", "The policy cannot be used", str(error), {"errors": error.errors}
            ) from None
        if latest is not None and latest.sha256 == read.sha256:
            raise Problem(409, "unchanged", "This policy is in force already", f"It is version {latest.version}.")
        return [
            Draft(
                kind=Kind.POLICY_ACTIVATED,
                actor=f"person:{actor}" if actor else "system",
                facts={"kv": 1, "version": version, "sha256": read.sha256},
                disclosed={"document": dict(document)},
            )
        ]

    return record(decide, principal=f"person:{actor}" if actor else "system")
