"""The exit code that an agent's tool writes into the text of its answer. Pure; what the program itself printed must not count."""

import re

_FIRST_LINE = re.compile(
    r"(?:exit code:? |command exited with code |process exited with code )(-?[0-9]{1,9})\b", re.IGNORECASE
)
_BEFORE_OUTPUT = re.compile(r"^process exited with code (-?[0-9]{1,9})$", re.IGNORECASE | re.MULTILINE)
_AT_THE_END = re.compile(
    r"^(?:<shellid: \S{1,40} completed with exit code (-?[0-9]{1,9})>|\[metadata\] \{\"exit(?:_code)?\": (-?[0-9]{1,9})\b.*"
    r"|exit code: (-?[0-9]{1,9})(?:\n(?:signal|background pids|process group pgid): .*)*)(?:\n</untrusted_context>)?\s*\Z",
    re.IGNORECASE | re.MULTILINE,
)
_RUNNING = re.compile(r"^process running with session id ([0-9]{1,18})$", re.IGNORECASE | re.MULTILINE)
_HEAD, _TAIL = 4_000, 400


def _before_output(answer: str) -> str:
    """What the tool wrote before the program's own output, where it sets the two apart."""
    before, apart, _ = answer[:_HEAD].partition("\nOutput:")
    return before if apart else ""


def exit_code_in(answer: str) -> int | None:
    """The exit code that the tool states before the output or after it."""
    before = _before_output(answer)
    if before.lower().startswith(("chunk id", "wall time", "process ")):
        match = _BEFORE_OUTPUT.search(before)
    else:
        match = _FIRST_LINE.match(answer) or _AT_THE_END.search(answer[-_TAIL:])
    return int(next(filter(None, match.groups()))) if match else None


def still_running(answer: str) -> str:
    """The number under which the program goes on; empty where it ended."""
    match = _RUNNING.search(_before_output(answer))
    return match[1] if match else ""
