"""What a person may find of a decision that only a person can end. It must not write."""

from approvals.vocab import Finding
from decisions.models import Decision
from decisions.vocab import State


def findings(row: Decision, state: State) -> tuple[Finding, ...]:
    """What a person may find of a decision in `state`."""
    match state:
        case State.UNKNOWN:
            return (Finding.CLOSED, Finding.REVERT)
        case State.REVIEW if row.to_revert:
            return (Finding.REVERTED, Finding.REVERT, Finding.CLOSED)
        case State.REVIEW:
            return (Finding.CLOSED, Finding.REVERT)
        case State.REVERT_ORDERED | State.REVERTING:
            # An executor that never answers must not keep it open for ever.
            return (Finding.REVERTED, Finding.TAKEN_OVER)
        case State.REVERT_FAILED:
            return (Finding.TAKEN_OVER, Finding.REVERTED)
        case _:
            return ()
