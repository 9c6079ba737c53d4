"""What the answer to a command tells of its outcome. Pure; a flag by which an agent calls itself successful must not count.

Without a sign of what happened the outcome is unknown, not good.
"""

import re

from decisions.vocab import Outcome

MAX_CHARACTERS = 200_000
"""Of a longer answer the beginning and the end are read: that is where programs say how it went."""

_STOPPED = frozenset({124, 130, 137, 143, -2, -9, -15})
"""Exit codes of a program that was ended from outside: what it had done by then is not known."""

_ANY_CASE = re.IGNORECASE | re.MULTILINE
_REFUSED = re.compile(
    r"^dry-run failed|^command rejected(?!.*error executing)|^(?:the )?(?:user|operator) (?:rejected|declined|denied|doesn't want)"
    r"|^permission (?:to use|for this)\b.*\bdenied|^(?:tool|command) (?:use )?(?:was )?(?:blocked|not allowed|denied)|^tool (?:use|call) (?:was )?rejected"
    r"|\bcommand not found$|^(?:bash|sh|/bin/sh|/bin/bash):.*(?:syntax error|not found)",
    _ANY_CASE,
)
_BROKEN = re.compile(
    r"^connection closed|^client failed to connect|connection reset by peer|connection lost|broken pipe|unexpected eof"
    r"|\bi/o timeout|tls handshake timeout|context deadline exceeded|timed out waiting for|^(?:command|tool|request)\b.*\btimed out"
    r"|^error: timed out",
    _ANY_CASE,
)
_UNREACHED = re.compile(
    r"^unable to connect to the server|^the connection to the server .* was refused|no such host|could not resolve host"
    r"|connection refused",
    _ANY_CASE,
)
_FAILED = re.compile(
    r"^(?:command rejected.*?:\s*)?(?:error from server|error:|error executing|error \(|fatal:|panic:|traceback \(most recent)"
    r"|^the (?:request|\S+ \"[^\"\n]*\") is invalid|^error$|^upgrade failed|^exit code:? [1-9]|^failed to ",
    _ANY_CASE,
)
_UNCHANGED = re.compile(
    r"^\S+ (?:unchanged|not labell?ed|not annotated|already exists|already (?:un)?cordoned)(?: \(.*\))?$|\(no change\)\s*$"
    r"|^no more actions to rollback|skipped rollback|^no resources found|^nothing to (?:do|roll ?back)|^edit cancelled",
    _ANY_CASE,
)
_DONE = re.compile(
    r"^(?:output: )?(?P<what>\S+(?: \"[^\"\n]+\")?) (?:force )?(?:patched|scaled|restarted|labell?ed|unlabell?ed|annotated|configured|created|deleted|replaced"
    r"|edited|exposed|autoscaled|tainted|untainted|cordoned|uncordoned|drained|evicted|paused|resumed|rolled back"
    r"|(?:image|env|resource requirements|selector|serviceaccount) updated|pruned|serverside-applied)"
    r"(?: \((?!no change|.*dry run).*\)| from \S+ namespace)?$"
    r"|^rollback was a success|^release \"[^\"\n]+\" (?:uninstalled|has been upgraded)|^apply complete!|^destroy complete!",
    _ANY_CASE,
)


def outcome_of(answer: str, exit_code: int | None = None, *, errored: bool = False) -> Outcome:
    """The outcome that `answer` shows; `errored` where the tool itself says that it failed, which is believed."""
    if len(answer) > MAX_CHARACTERS:
        answer = answer[: MAX_CHARACTERS // 2] + "\n" + answer[-MAX_CHARACTERS // 2 :]
    done, unchanged = bool(_DONE.search(answer)), bool(_UNCHANGED.search(answer))
    failed = bool(_FAILED.search(answer) or _UNREACHED.search(answer))
    if _REFUSED.search(answer) and not done:
        return Outcome.NOT_EXECUTED
    if _BROKEN.search(answer) or exit_code in _STOPPED:
        return Outcome.UNKNOWN
    if done or unchanged:
        if failed or exit_code or errored:
            return Outcome.PARTIAL if done else Outcome.FAILED
        return Outcome.SUCCEEDED if done else Outcome.NO_CHANGE
    if failed or exit_code or errored:
        return Outcome.FAILED
    return Outcome.SUCCEEDED if exit_code == 0 else Outcome.UNKNOWN
