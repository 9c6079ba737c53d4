"""People ordered an undo: acknowledge, run the handler of its kind, report. An order must not be run twice by guessing."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oversight_sdk import calls, canonical
from oversight_sdk.answers import RevertOrder
from oversight_sdk.client import Client
from oversight_sdk.errors import GateError, GateUnavailable, Refused

Handler = Callable[[dict[str, Any], RevertOrder], None]


@dataclass(frozen=True, slots=True)
class _Known:
    run: Handler
    repeatable: bool


class Reverts:
    """Polls the agent's revert orders, the oldest first.

    An order that somebody acknowledged and nobody finished is run again only by a `repeatable` handler; otherwise it is
    reported failed `abandoned_after` seconds after this process first saw it, so that people look.
    """

    def __init__(
        self,
        client: Client,
        *,
        wait: float = 20,
        pause: float = 2.0,
        abandoned_after: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._wait = wait
        self._pause = pause
        self._abandoned_after = abandoned_after
        self._clock = clock
        self._handlers: dict[str, _Known] = {}
        self._seen: dict[str, float] = {}
        self._unreported: dict[str, tuple[RevertOrder, str, str]] = {}
        self._stop = threading.Event()

    def handler(self, kind: str, *, repeatable: bool = False) -> Callable[[Handler], Handler]:
        """A decorator: the function takes the undo's parameters and the order, and raises where it failed."""

        def register(function: Handler) -> Handler:
            if kind in self._handlers:
                raise ValueError(f"the kind {kind!r} has a handler already")
            self._handlers[kind] = _Known(function, repeatable)
            return function

        return register

    def run(self, *, rounds: int | None = None) -> None:
        """Work until `stop`, or for that many polls. A gate that does not answer is asked again after a pause."""
        done = 0
        while not self._stop.is_set() and (rounds is None or done < rounds):
            done += 1
            try:
                worked = self.once()
            except GateUnavailable:
                worked = 0
            if not worked and (rounds is None or done < rounds):
                self._stop.wait(self._pause)

    def stop(self) -> None:
        """End `run` after the poll or handler in hand."""
        self._stop.set()

    def once(self) -> int:
        """One poll; how many orders were brought to an end. Raises GateUnavailable."""
        # What ran and is not on record goes first: until the gate has it, nothing else is taken.
        self._report_again()
        orders = self._client.revert_orders(wait=self._wait)
        there = {order.id for order in orders}
        self._seen = {order_id: since for order_id, since in self._seen.items() if order_id in there}
        ended = 0
        for order in orders:
            if self._stop.is_set():
                break
            ended += self._take(order)
        return ended

    def _take(self, order: RevertOrder) -> bool:
        since = self._seen.setdefault(order.id, self._clock())
        known = self._handlers.get(order.undo["kind"]) if order.undo else None
        if order.state == "reverting" and not (known and known.repeatable):
            if self._clock() - since < self._abandoned_after:
                return False
            return self._end(order, "failed", "it was begun by a run that did not finish; whether it ran is not known")
        if order.state == "revert_ordered":
            try:
                self._client.acknowledge(order)
            except Refused:
                return False
        if fault := _fault(order):
            return self._end(order, "failed", fault)
        if known is None or order.undo is None:
            return self._end(order, "failed", "this agent has no handler for the undo")
        try:
            known.run(canonical.parse(canonical.dump(order.undo["parameters"])), order)
        except Exception as error:  # noqa: BLE001 - whatever the handler raises, the undo has failed and people must know
            return self._end(order, "failed", f"the handler ended with {type(error).__name__}")
        return self._end(order, "succeeded", "")

    def _end(self, order: RevertOrder, status: str, detail: str) -> bool:
        try:
            self._client.reverted(order, status, detail)
        except GateUnavailable:
            # It ran: only the report is repeated.
            self._unreported[order.id] = (order, status, detail)
            return False
        except GateError:
            self._seen.pop(order.id, None)
        return True

    def _report_again(self) -> None:
        for order_id, (order, status, detail) in list(self._unreported.items()):
            try:
                self._client.reverted(order, status, detail)
            except GateUnavailable:
                raise
            except GateError:
                pass
            del self._unreported[order_id]


def _fault(order: RevertOrder) -> str:
    """Why the order cannot be run as it stands, or nothing."""
    if order.undo is None:
        return "the action has no undo"
    if canonical.dump(order.action.get("undo")) != canonical.dump(order.undo):
        return "the order's undo is not the one that was granted with the action"
    if not calls.VISIBLE.fullmatch(order.undo["kind"]):
        return "the undo's kind cannot be read"
    return ""
