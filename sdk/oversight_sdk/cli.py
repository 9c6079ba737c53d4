"""`guard -- command`: the command runs when the gate granted it. It must not run in any other case, nor print the key."""

import argparse
import contextlib
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

from oversight_sdk import answers, errors
from oversight_sdk.answers import Decision
from oversight_sdk.canonical import NotCanonical, parse
from oversight_sdk.child import Child, Interrupted, Signals
from oversight_sdk.commands import understand
from oversight_sdk.errors import ConfigError, GateError, GateStop, IntegrityError, OutcomeUnknown
from oversight_sdk.grants import Wanted
from oversight_sdk.guard import Gate
from oversight_sdk.held import Held, hold
from oversight_sdk.problems import shown
from oversight_sdk.runs import LOST, Run
from oversight_sdk.steps import Patience

UNAVAILABLE, FROZEN, PENDING, INTEGRITY, REFUSED, CONFIG, UNKNOWN, TIMEOUT = 69, 73, 75, 76, 77, 78, 79, 124
CODES: tuple[tuple[type[GateError], int], ...] = (
    (errors.GateUnavailable, UNAVAILABLE),
    (errors.Frozen, FROZEN),
    (errors.StillPending, PENDING),
    (errors.IntegrityError, INTEGRITY),
    (errors.Expired, TIMEOUT),
    (errors.BadKey, CONFIG),
    (errors.Vetoed, REFUSED),
    (errors.Denied, REFUSED),
    (errors.Withdrawn, REFUSED),
    (errors.PolicyChanged, REFUSED),
    (errors.AlreadyClaimed, REFUSED),
    (errors.OutcomeUnknown, UNKNOWN),
    (errors.GateStop, UNKNOWN),
)
SPANS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError(message)


def span(text: str) -> float:
    """Seconds of `90`, `90s`, `15m` or `2h`."""
    match = re.fullmatch(r"(\d{1,6})([smh]?)", text)
    if match is None:
        raise argparse.ArgumentTypeError("a time is a whole number and s, m or h")
    return float(int(match[1]) * SPANS[match[2]])


def parser() -> Parser:
    made = Parser(
        prog="guard",
        description="Run a command when Oversight has granted it.",
        epilog="OVERSIGHT_URL and OVERSIGHT_KEY say where the gate is and who asks.",
        allow_abbrev=False,
    )
    made.add_argument("--kind", default="", help="the kind of action, where it is not plain from the command")
    made.add_argument("--service", default="", help="the service that it acts on")
    made.add_argument("--environment", default="", help="its environment (default: prod)")
    made.add_argument("--undo", default="", metavar="JSON", help='how it is taken back: {"kind": …, "parameters": {…}}')
    made.add_argument("--reason", default="", metavar="TEXT", help="why, for the people who are asked")
    made.add_argument(
        "--wait", type=span, default=900.0, metavar="TIME", help="how long to wait for them (default: 15m)"
    )
    made.add_argument("--patience", type=span, default=30.0, metavar="TIME", help="how long to try a silent gate")
    made.add_argument("--grace", type=span, default=10.0, metavar="TIME", help="between TERM and KILL (default: 10s)")
    made.add_argument("--env", action="append", default=[], metavar="NAME", help="pass this variable on as well")
    made.add_argument("--status-fd", type=int, metavar="N", help="write ran=1 or ran=0 to this descriptor")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    own, command = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    status = Status(None)
    try:
        options = parser().parse_args(own)
        status = Status(options.status_fd)
        if not command:
            raise ConfigError("say what to run after --")
        with Signals() as signals:
            return guarded(options, command, status, signals)
    except GateError as error:
        say(str(error))
        if error.url:
            say(f"see {error.url}")
        return code_of(error)
    finally:
        status.close()


def guarded(options: argparse.Namespace, command: list[str], status: "Status", signals: Signals) -> int:
    wait, undo = options.wait, _undo(options.undo)
    what = understand(command)
    with _gate(options.patience) as gate, contextlib.ExitStack() as stack:
        held = hold(what, os.environ, options.env)
        stack.callback(held.copies.close)
        target = {"service": options.service or what.service[:64], "environment": options.environment}
        wanted = Wanted.of(
            name=f"guard-{uuid4()}",
            kind=options.kind or what.kind,
            target=target | {"resource": what.resource},
            parameters=held.parameters,
            undo=undo,
            account={"rationale": options.reason} if options.reason else {},
        )
        try:
            run = gate.begin(wanted, wait=wait, watch=_watch(gate, signals))
        except Interrupted:
            say("interrupted; the proposal stays open and the same command finds it again")
            return 128 + signals.got
        with gate.beating(run):
            return _run(gate, run, held, status=status, signals=signals, grace=options.grace)


def _run(gate: Gate, run: Run, held: Held, *, status: "Status", signals: Signals, grace: float) -> int:
    granted = run.parameters
    try:
        run.checkpoint()
        held.recheck(granted)
        if signals.got:
            _finish(gate, run, "not_executed", "a signal came before it ran")
            return 128 + signals.got
        run.start()
        child = Child(
            granted["binary"]["path"],
            held.argv(granted),
            cwd=granted["cwd"],
            environment=held.environment,
            descriptors=held.copies.descriptors,
        )
    except GateStop as stop:
        _finish(gate, run, "not_executed", "stopped before it ran")
        say(str(stop))
        return {"vetoed": REFUSED, "frozen": FROZEN, LOST: UNAVAILABLE}.get(stop.reason, REFUSED)
    except IntegrityError as error:
        _finish(gate, run, "not_executed", f"refused by the enforcement point: {error.code}")
        raise
    except OSError as error:
        _finish(gate, run, "not_executed", "the command could not be started")
        raise ConfigError(f"the command could not be started: {error.strerror}") from None
    status.write("ran=1")
    ended = child.supervise(run, signals, grace=grace)
    code = ended.code if ended.code >= 0 else 128 - ended.code
    status.write(f"child={code}")
    if ended.stopped:
        why = run.stop_reason or f"signal {signal.Signals(signals.got).name}"
        say(f"stopped: {why}; what it did until then is unknown")
        _finish(gate, run, "unknown", f"stopped: {why}")
        return UNKNOWN if run.stop_reason else 128 + signals.got
    if ended.code < 0:
        known = _finish(gate, run, "unknown", f"the command was ended by signal {-ended.code}")
    else:
        known = _finish(gate, run, "failed" if code else "succeeded", f"exit code {code}")
    return code if known else UNKNOWN


def _finish(gate: Gate, run: Run, status: str, detail: str) -> bool:
    try:
        gate.finish(run, status, detail)
    except OutcomeUnknown as error:
        say(str(error))
        return False
    return True


def _watch(gate: Gate, signals: Signals) -> Any:
    told: set[str] = set()

    def watch(decision: Decision, claiming: bool, /) -> None:  # noqa: FBT001 - the shape of a Watch
        signals.raising = not claiming
        if not claiming and signals.got:
            raise Interrupted
        if not claiming and decision.state in answers.WAITING and decision.id not in told:
            told.add(decision.id)
            say(f"waiting for people: {gate.point.page(decision)}")

    return watch


def _gate(patience: float) -> Gate:
    url, key = os.environ.get("OVERSIGHT_URL", ""), os.environ.get("OVERSIGHT_KEY", "")
    if not url or not key:
        raise ConfigError("set OVERSIGHT_URL and OVERSIGHT_KEY")
    state = os.environ.get("OVERSIGHT_STATE", "")
    return Gate(
        url,
        key,
        executor=os.environ.get("OVERSIGHT_EXECUTOR", ""),
        issuer=os.environ.get("OVERSIGHT_ISSUER", ""),
        state=Path(state) if state else None,
        patience=Patience(seconds=patience),
    )


def _undo(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        undo = parse(text.encode())
    except (NotCanonical, UnicodeEncodeError):
        raise ConfigError("--undo is not JSON") from None
    if not isinstance(undo, dict):
        raise ConfigError("--undo is not an object")
    return undo


def code_of(error: GateError) -> int:
    # What the table does not name is a call that the gate could not read: ours to repair.
    return next((code for kind, code in CODES if isinstance(error, kind)), CONFIG)


def say(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"guard: {shown(text, 1000)}\n")
        sys.stderr.flush()


class Status:
    """Lines for whoever started us; the child never has this descriptor."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._ran = False
        if descriptor is not None:
            try:
                os.fstat(descriptor)
            except OSError:
                raise ConfigError(f"there is no descriptor {descriptor}") from None

    def write(self, line: str) -> None:
        self._ran = self._ran or line == "ran=1"
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.write(self._descriptor, f"{line}\n".encode())

    def close(self) -> None:
        if not self._ran:
            self.write("ran=0")


if __name__ == "__main__":
    sys.exit(main())
