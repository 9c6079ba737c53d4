"""What a guarded call can end with. None must be a kind of network error, which a caller might repeat by habit."""

from typing import Any


class GateError(Exception):
    """Base of all below. Unless it is OutcomeUnknown or GateStop, nothing was run."""

    def __init__(self, message: str, *, decision_id: str = "", url: str = "") -> None:
        super().__init__(message)
        self.decision_id = decision_id
        self.url = url


class ConfigError(GateError):
    """The caller's settings or command line cannot be used."""


class GateUnavailable(GateError):
    """The gate gave no answer, or none that can be read, within the time allowed: so the answer is no."""


class BadAnswer(GateUnavailable):
    """The gate's answer is not what the contract says."""


class Refused(GateError):
    """The gate understood and said no; `slug` and `status` are those of its problem document."""

    def __init__(self, message: str, *, status: int = 0, slug: str = "", decision_id: str = "", url: str = "") -> None:
        super().__init__(message, decision_id=decision_id, url=url)
        self.status = status
        self.slug = slug


class BadKey(Refused):
    """The gate does not know the key."""


class Denied(Refused):
    """The policy or the key's scopes forbid the action."""


class Vetoed(Refused):
    """A person said no."""


class Expired(Refused):
    """Nobody granted it in time, or the grant was not used in time."""


class Withdrawn(Refused):
    """The proposal was taken back."""


class Frozen(Refused):
    """People have stopped all actions of this scope."""


class PolicyChanged(Refused):
    """What was granted was granted under a policy that is no longer in force."""


class AlreadyClaimed(Refused):
    """Another run has or had this decision; it is never run a second time. `state` says where it stands."""

    state = ""


class NotOpen(Refused):
    """The decision cannot be claimed in its present state."""


class WindowOpen(Refused):
    """People may still veto; ask again after `retry_after` seconds."""

    retry_after = 1.0


class DuplicateOpen(Refused):
    """The same action is open as `decision_id`."""


class LeaseLost(Refused):
    """The lease is over: whatever still runs under it must stop."""


class IntegrityError(GateError):
    """What would run is not what was granted. `code` says what differs."""

    def __init__(self, message: str, *, code: str, decision_id: str = "", url: str = "") -> None:
        super().__init__(message, decision_id=decision_id, url=url)
        self.code = code


class TokenRefused(IntegrityError):
    """The verdict token does not hold for this point, this moment or this action."""


class StillPending(GateError):
    """Nobody has answered within the caller's own `wait`. The proposal stays open at `url`."""


class OutcomeUnknown(GateError):
    """The call ran, but its outcome is not on record; people will look. `result` is what the function returned."""

    def __init__(self, message: str, *, decision_id: str = "", url: str = "", result: Any = None) -> None:
        super().__init__(message, decision_id=decision_id, url=url)
        self.result = result


class GateStop(GateError):
    """Raised at a checkpoint: stop now. `reason` is vetoed, frozen or lease-lost."""

    def __init__(self, reason: str, *, decision_id: str = "") -> None:
        super().__init__(f"the gate stopped this call: {reason}", decision_id=decision_id)
        self.reason = reason


class NotExecuted(GateError):
    """For a guarded function to raise: it is certain that nothing was changed."""

    def __init__(self, message: str = "nothing was changed") -> None:
        super().__init__(message)
