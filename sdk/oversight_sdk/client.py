"""A client of the machine contract, sync and async, one method a call. It must not decide anything: that is the guard's."""

from types import TracebackType
from typing import Any, Self

import httpx

from oversight_sdk import calls
from oversight_sdk.answers import Beat, Decision, Lease, RevertOrder
from oversight_sdk.steps import Patience
from oversight_sdk.transport import AsyncTransport, Endpoint, Transport


class Client:
    """The calls of the contract, one method each. Raises what `errors` names."""

    def __init__(
        self, url: str, key: str, *, patience: Patience | None = None, http: httpx.Client | None = None
    ) -> None:
        self.transport = Transport(Endpoint.of(url, key), http=http)
        self.patience = patience or Patience()

    def propose(self, body: dict[str, Any], *, key: str) -> Decision:
        return self.transport.run(calls.propose(self.patience, body, key))

    def decision(self, decision_id: str, *, wait: float = 0, after: int | None = None) -> Decision:
        return self.transport.run(calls.decision(self.patience, decision_id, wait=wait, after=after))

    def claim(self, decision: Decision, *, claim_key: str, executor: str) -> Lease:
        return self.transport.run(calls.claim(self.patience, decision, claim_key=claim_key, executor=executor))

    def heartbeat(self, lease_id: str, fencing: int, *, key: str) -> Beat:
        return self.transport.run(calls.heartbeat(self.patience, lease_id, fencing, key=key))

    def outcome(self, lease_id: str, fencing: int, status: str, **also: Any) -> bool:
        return self.transport.run(calls.outcome(self.patience, lease_id, fencing, status, **also))

    def withdraw(self, decision_id: str, reason: str = "") -> Decision:
        return self.transport.run(calls.withdraw(self.patience, decision_id, reason))

    def revert_orders(self, *, wait: float = 25) -> list[RevertOrder]:
        return self.transport.run(calls.revert_orders(self.patience, wait=wait))

    def acknowledge(self, order: RevertOrder) -> RevertOrder:
        return self.transport.run(calls.acknowledge(self.patience, order))

    def reverted(self, order: RevertOrder, status: str, detail: str = "") -> None:
        self.transport.run(calls.reverted(self.patience, order, status, detail))

    def close(self) -> None:
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncClient:
    """`Client` for an event loop; it belongs to the loop that it was made in."""

    def __init__(
        self, url: str, key: str, *, patience: Patience | None = None, http: httpx.AsyncClient | None = None
    ) -> None:
        self.transport = AsyncTransport(Endpoint.of(url, key), http=http)
        self.patience = patience or Patience()

    async def propose(self, body: dict[str, Any], *, key: str) -> Decision:
        return await self.transport.run(calls.propose(self.patience, body, key))

    async def decision(self, decision_id: str, *, wait: float = 0, after: int | None = None) -> Decision:
        return await self.transport.run(calls.decision(self.patience, decision_id, wait=wait, after=after))

    async def claim(self, decision: Decision, *, claim_key: str, executor: str) -> Lease:
        return await self.transport.run(calls.claim(self.patience, decision, claim_key=claim_key, executor=executor))

    async def heartbeat(self, lease_id: str, fencing: int, *, key: str) -> Beat:
        return await self.transport.run(calls.heartbeat(self.patience, lease_id, fencing, key=key))

    async def outcome(self, lease_id: str, fencing: int, status: str, **also: Any) -> bool:
        return await self.transport.run(calls.outcome(self.patience, lease_id, fencing, status, **also))

    async def withdraw(self, decision_id: str, reason: str = "") -> Decision:
        return await self.transport.run(calls.withdraw(self.patience, decision_id, reason))

    async def revert_orders(self, *, wait: float = 25) -> list[RevertOrder]:
        return await self.transport.run(calls.revert_orders(self.patience, wait=wait))

    async def acknowledge(self, order: RevertOrder) -> RevertOrder:
        return await self.transport.run(calls.acknowledge(self.patience, order))

    async def reverted(self, order: RevertOrder, status: str, detail: str = "") -> None:
        await self.transport.run(calls.reverted(self.patience, order, status, detail))

    async def close(self) -> None:
        await self.transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()
