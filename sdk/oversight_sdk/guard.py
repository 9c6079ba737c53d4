"""The guard around a function: it runs when the gate granted it, with what the gate granted. It must not open on a failure."""

import asyncio
import contextlib
import functools
import inspect
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast
from uuid import uuid4

from oversight_sdk import calls, runs
from oversight_sdk.binding import Binding
from oversight_sdk.client import Client
from oversight_sdk.errors import ConfigError, GateError, OutcomeUnknown
from oversight_sdk.grants import Point, Wanted, Watch, unwatched
from oversight_sdk.keys import KeyCache
from oversight_sdk.runs import Run
from oversight_sdk.seen import Seen, default_path
from oversight_sdk.steps import Patience, Steps
from oversight_sdk.token import Verifier
from oversight_sdk.transport import AsyncTransport, Endpoint

P = ParamSpec("P")
R = TypeVar("R")
Arguments = dict[str, Any]
Classifier = Callable[[Exception], str]

DEFAULT_WAIT = 900.0
_call_id: ContextVar[str] = ContextVar("oversight_call_id")


@contextlib.contextmanager
def call_id(name: str) -> Iterator[None]:
    """Name the guarded call made inside: the same name again is the same call, which never runs twice."""
    token = _call_id.set(name)
    try:
        yield
    finally:
        _call_id.reset(token)


class Gate:
    """The gate at `url` as seen by the agent that owns `key`. One for a process is enough; threads may share it.

    `executor` names this enforcement point: tokens are for it alone. `issuer` is the gate's own name for itself, its
    URL unless it is reached under another. `state` is the file in which used tokens are remembered.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        executor: str = "",
        issuer: str = "",
        state: Path | None = None,
        wait: float = DEFAULT_WAIT,
        patience: Patience | None = None,
    ) -> None:
        self.executor = executor or socket.gethostname()
        if not calls.VISIBLE.fullmatch(self.executor):
            raise ConfigError("an executor's name is 1 to 200 visible ASCII characters")
        self.wait = wait
        self.patience = patience or Patience()
        self.endpoint = Endpoint.of(url, key)
        self.client = Client(url, key, patience=self.patience)
        self.point = Point(
            url=self.endpoint.url,
            executor=self.executor,
            verifier=Verifier(
                issuer=issuer or self.endpoint.url,
                audience=self.executor,
                keys=KeyCache(),
                seen=Seen(state or default_path(self.executor)),
            ),
            patience=self.patience,
        )

    def guard(
        self,
        *,
        kind: str,
        target: Callable[[Arguments], dict[str, str]],
        undo: Callable[[Arguments], dict[str, Any] | None] | None = None,
        name: Callable[[Arguments], str] | None = None,
        account: Callable[[Arguments], dict[str, Any]] | None = None,
        classify: Classifier | None = None,
        context: tuple[str, ...] = (),
        wait: float | None = None,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """A decorator for a function or a coroutine function whose arguments are plain JSON values.

        `target`, `undo`, `name` (the call's id) and `account` (rationale, evidence, …) are made from the arguments.
        `classify` says how an exception counts: failed, partial, not_executed or unknown, which is the default.
        `context` names arguments that are passed through and are no part of what is granted.
        """

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            binding = Binding.of(function, context)

            def wanted(parameters: Arguments) -> Wanted:
                return Wanted.of(
                    name=name(parameters) if name else _call_id.get("") or str(uuid4()),
                    kind=kind,
                    target=target(parameters),
                    parameters=parameters,
                    undo=undo(parameters) if undo else None,
                    account=account(parameters) if account else None,
                )

            guarded = _Guarded(function, binding, wanted, classify, self.wait if wait is None else wait)
            if inspect.iscoroutinefunction(function):

                @functools.wraps(function)
                async def run_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                    return await self._run_async(guarded, args, kwargs)

                return cast("Callable[P, R]", run_async)

            @functools.wraps(function)
            def run(*args: P.args, **kwargs: P.kwargs) -> R:
                return cast("R", self._run(guarded, args, kwargs))

            return run

        return decorate

    def begin(self, wanted: Wanted, *, wait: float | None = None, watch: Watch = unwatched) -> Run:
        """A run of `wanted`, granted and verified. The caller keeps it `beating`, `start`s it and `finish`es it."""
        longest = self.wait if wait is None else wait
        return Run(self.client.transport.run(self.point.obtain(wanted, longest, watch)))

    @contextlib.contextmanager
    def beating(self, run: Run) -> Iterator[None]:
        """Heartbeats in a thread for as long as the block runs; `checkpoint` in it means this run."""
        transport, patience = self.client.transport, self.patience
        thread = threading.Thread(target=runs.keep_beating, args=(run, transport, patience), daemon=True)
        token = runs.current.set(run)
        thread.start()
        try:
            yield
        finally:
            run.done.set()
            thread.join()
            runs.current.reset(token)

    def finish(self, run: Run, status: str, detail: str = "") -> None:
        """Put the outcome on record. Raises OutcomeUnknown where the gate did not take it in time."""
        self.client.transport.run(self._report(run, status, detail))

    def current(self) -> Run:
        """The run that this code is part of; for threads, which do not inherit it. Raises LookupError outside one."""
        return runs.current.get()

    def checkpoint(self) -> None:
        """A place where the guarded function may stop. Raises GateStop when the gate or time says so."""
        self.current().checkpoint()

    def observe(self, **seen: Any) -> None:
        """Keep what the function saw `before=` and `after=` for the outcome."""
        self.current().observe(**seen)

    def close(self) -> None:
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _report(self, run: Run, status: str, detail: str = "", result: Any = None) -> Steps[None]:
        lease, decision = run.grant.lease, run.grant.decision
        # The lease may have ended while the function ran, without a heartbeat to say so.
        lost = run.started and (run.lost or run.left() <= 0)
        if lost:
            status, detail = "unknown", detail or f"the lease was lost; the call ended as {status}"
        try:
            in_time = yield from calls.outcome(
                self.patience, lease.id, lease.fencing, status, detail=detail, observed=run.observed
            )
            why = "" if in_time and not lost else "the lease was over before the outcome was on record"
        except GateError as error:
            why = str(error)
        # A call that never ran has nothing unknown about it; its lease runs out by itself.
        if why and run.started:
            raise OutcomeUnknown(
                f"the call ran, but its outcome is unknown: {why}",
                decision_id=decision.id,
                url=self.point.page(decision),
                result=result,
            )

    def _failed(self, run: Run, error: BaseException, classify: Classifier | None) -> Steps[None]:
        """Report a run that ended with `error`; what goes wrong with that is noted on it and does not take its place."""
        status, detail = runs.ending(run, error, classify)
        try:
            yield from self._report(run, status, detail)
        except OutcomeUnknown as also:
            error.add_note(str(also))

    def _run(self, guarded: "_Guarded", args: tuple[Any, ...], kwargs: Arguments) -> Any:
        parameters, held = guarded.binding.parameters(args, kwargs)
        run = self.begin(guarded.wanted(parameters), wait=guarded.wait)
        transport = self.client.transport
        with self.beating(run):
            granted_args, granted_kwargs = guarded.binding.arguments(run.parameters, held)
            try:
                run.start()
                result = guarded.function(*granted_args, **granted_kwargs)
            except BaseException as error:
                transport.run(self._failed(run, error, guarded.classify))
                raise
            transport.run(self._report(run, "succeeded", result=result))
            return result

    async def _run_async(self, guarded: "_Guarded", args: tuple[Any, ...], kwargs: Arguments) -> Any:
        parameters, held = guarded.binding.parameters(args, kwargs)
        transport = AsyncTransport(self.endpoint)
        try:
            run = Run(await transport.run(self.point.obtain(guarded.wanted(parameters), guarded.wait)))
            async with self._beating_async(run, transport):
                granted_args, granted_kwargs = guarded.binding.arguments(run.parameters, held)
                try:
                    run.start()
                    result = await guarded.function(*granted_args, **granted_kwargs)
                except BaseException as error:
                    await transport.run(self._failed(run, error, guarded.classify))
                    raise
                await transport.run(self._report(run, "succeeded", result=result))
                return result
        finally:
            await transport.close()

    @contextlib.asynccontextmanager
    async def _beating_async(self, run: Run, transport: AsyncTransport) -> AsyncIterator[None]:
        beats = asyncio.create_task(runs.keep_beating_async(run, transport, self.patience))
        token = runs.current.set(run)
        try:
            yield
        finally:
            runs.current.reset(token)
            run.done.set()
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Guarded:
    function: Callable[..., Any]
    binding: Binding
    wanted: Callable[[Arguments], Wanted]
    classify: Classifier | None
    wait: float
