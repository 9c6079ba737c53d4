"""Claim: where the time of a batch of events goes, step by step, so that the next step is known.

Batches of 1,000 reported actions of 900 bytes, one transaction each, in this process alone; processor time of each step.

    [DATABASE_URL=postgres://… of an empty database] python -m benchmarks.steps [--batches 10]
"""

import argparse
import json
import os
import platform
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import installed  # isort: skip - it sets the product up
from django.db import transaction

from decisions import envelope, ledger, ports, projections, recording
from decisions.intake import cloudevents, events
from decisions.recording import record_all, stop

BATCH = 1000
HEADERS = {"content-type": cloudevents.BATCH}
spent: Counter[str] = Counter()


def body() -> bytes:
    made = []
    for _ in range(BATCH):
        told = {
            "evidence": [{"kind": "metric", "name": "http_5xx_ratio", "value": 0.072, "limit": 0.02}],
            "outcome": {"status": "succeeded", "detail": "revision 421 serving"},
        }
        attributes = {"specversion": "1.0", "id": uuid.uuid4().hex, "source": "/bench", "time": "2026-11-22T03:47:12Z"}
        made.append({**attributes, "type": events.EventType.EXECUTED, "data": installed.data() | told})
    return json.dumps(made).encode()


@contextmanager
def step(name: str) -> Iterator[None]:
    """Count the processor time that is spent inside under `name`; what lies within another step is taken out of that."""
    began, inner = time.process_time(), sum(spent.values())
    yield
    spent[name] += time.process_time() - began - (sum(spent.values()) - inner)  # type: ignore[assignment]  # seconds


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        with step(name):
            return function(*args, **kwargs)

    return run


def watch() -> None:
    """Have the spine's own steps counted."""
    setattr(recording, "seal", timed("seal: leaf, salts, digests", envelope.seal))  # noqa: B010 - it is imported there
    ledger.append = timed("append: encrypt, hash, insert entries and disclosures", ledger.append)
    ledger.store_head = timed("head and tiles", ledger.store_head)
    projections.apply = timed("read models: fold, insert decisions and timeline", projections.apply)
    setattr(events, "rule_many", timed("rule", ports.rule_many))  # noqa: B010 - as above


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=10)
    chosen = parser.parse_args()
    try:
        agent, _ = installed.prepare()
        print(f"{installed.database()}, Python {platform.python_version()}, {os.cpu_count()} cores")
        watch()
        bodies = [body() for _ in range(chosen.batches + 1)]
        for number, one in enumerate(bodies):
            if number == 1:
                spent.clear()
            take(agent.id, one)
        total = sum(spent.values())
        for name, seconds in spent.most_common():
            print(f"{seconds / chosen.batches / BATCH * 1e6:6.0f} µs {seconds / total:4.0%}  {name}")
        print(f"{total / chosen.batches / BATCH * 1e6:6.0f} µs of this process's processor for an event")
    finally:
        stop()
        installed.remove()
    return 0


def take(agent: uuid.UUID, raw: bytes) -> None:
    with step("read: strict JSON, CloudEvents"):
        read = cloudevents.read_request(HEADERS, raw, event_limit=1 << 16)
    with step("prepare: shape, canonical action, screening"):
        prepared = events.prepare(agent, read)
    with step("the rest of the spine"), transaction.atomic():
        record_all(
            timed("decide", lambda moment: events.decide(prepared, moment)),
            principal=f"agent:{agent}",
            keys={item.ref for item in prepared},
            weight=BATCH,
        )


if __name__ == "__main__":
    sys.exit(main())
