"""Write a mapping of one's own for a system, or go back to ours. Each version is an entry."""

import hashlib
from uuid import UUID

from approvals import access
from decisions import register
from decisions.envelope import Draft
from decisions.errors import Refusal, bad_request, conflict
from decisions.intake.mapping import load
from decisions.models import Format
from decisions.moment import Moment
from decisions.recording import Recorded, record
from decisions.vocab import Kind


def change_format(system: str, text: str, *, actor: UUID) -> Recorded:
    """Put the mapping in `text` in force for `system`.

    Raises a Problem: 400 for what is no mapping or one of another system, 403, 409 where its version does not follow
    the one of before.
    """
    document = load(text).document
    if document.system != system:
        raise bad_request(f"This is a mapping of {document.system}, not of {system}.", "bad-mapping")

    def decide(moment: Moment) -> list[Draft]:
        access.require(register.at(moment.config), actor, access.ADMINISTERS, "change a format")
        before = Format.objects.filter(system=system).first()
        if before is not None and document.version <= before.version:
            detail = f"Version {before.version} was there before; count on from it, so that each version is one text."
            raise Refusal(conflict("version-used", detail), system)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return [_draft(system, document.version, actor, active=True, sha256=digest, text=text)]

    return record(decide, principal=f"person:{actor}")


def drop_format(system: str, *, actor: UUID) -> Recorded:
    """Read `system` by our mapping again. Raises a Problem: 403, 409 where it is so already."""

    def decide(moment: Moment) -> list[Draft]:
        access.require(register.at(moment.config), actor, access.ADMINISTERS, "change a format")
        before = Format.objects.filter(system=system, active=True).first()
        if before is None:
            raise Refusal(conflict("unchanged", "It is read by our mapping already."), system)
        return [_draft(system, before.version, actor, active=False, sha256="", text=before.text)]

    return record(decide, principal=f"person:{actor}")


def _draft(system: str, version: int, actor: UUID, *, active: bool, sha256: str, text: str) -> Draft:
    facts = {"kv": 1, "table": "format", "key": system, "version": version, "active": active, "sha256": sha256}
    return Draft(Kind.REGISTER_CHANGED, f"person:{actor}", facts, {"text": text})
