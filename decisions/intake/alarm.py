"""The entry that raises an alarm. It must not find out whether one is due."""

import hashlib
from uuid import UUID

from decisions.envelope import Draft
from decisions.vocab import Kind


def alarm_of(alarm: str, subject: str, *, follows: UUID) -> Draft:
    """An alarm about `subject`, with the entry that it follows from."""
    key = f"{alarm}:{hashlib.sha256(subject.encode()).hexdigest()[:16]}"
    return Draft(
        kind=Kind.ALARM_RAISED,
        actor="system",
        facts={"kv": 1, "key": key, "alarm": alarm},
        disclosed={"subject": subject},
        follows=follows,
    )
