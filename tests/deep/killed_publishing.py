"""A process that records some hundred entries and publishes them, and dies at a labelled step on the way.

A test runs it beside the product; the product itself knows nothing of it.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from decisions import checkpoints, cosigned, durable, ledger, notes, recording, signer  # noqa: E402 - Django is set up first
from decisions.envelope import Draft  # noqa: E402
from decisions.vocab import Kind  # noqa: E402

LABELS = ("tile", "commit", "state", "signature", "file", "row", "")
"""In the order in which they are reached; the last is none."""
ENTRIES = 300
"""More than fill a tile."""


def after(place: Any, name: str, here: Callable[..., bool] = lambda *_, **__: True) -> None:
    """Die once `place.name` has done its work, where `here` says so of what it was given."""
    done = getattr(place, name)

    def dying(*given: Any, **named: Any) -> Any:
        answer = done(*given, **named)
        if here(*given, **named):
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(place, name, dying)


def arm(label: str) -> None:
    if label == "tile":
        after(ledger, "_store_tiles")
    elif label == "commit":
        after(recording, "record")
    elif label == "state":
        # The first write of all begins the state; it is that of a signature that matters.
        after(durable.Open, "write", lambda _, content, **__: content.get("size", 0) > 0 and "origin" in content)
    elif label == "signature":
        after(signer.Signer, "add")
    elif label == "file":
        after(notes, "keep")
    elif label == "row":
        after(cosigned, "keep_checkpoint")


def main(label: str) -> None:
    arm(label)
    drafts = [
        Draft(Kind.ATTEMPT_REFUSED, "system", {"kv": 1, "problem": "forbidden", "subject": ""}) for _ in range(ENTRIES)
    ]
    recording.record(lambda _: drafts, principal="system")
    checkpoints.publish()


if __name__ == "__main__":
    main(sys.argv[1])
