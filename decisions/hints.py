"""Tells other processes by name that the ledger advanced. It must never be needed for correctness: readers resume by seq."""

import contextlib
import logging
import threading
from collections.abc import Callable

from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer

GROUP = "ledger"
log = logging.getLogger(__name__)
_listeners: list[Callable[[int], None]] = []
_pending = threading.Event()
_latest = 0
_lock = threading.Lock()
_sender: threading.Thread | None = None


def listen(listener: Callable[[int], None]) -> None:
    """Call `listener(size)` in this process after each commit; it must be quick and must not raise."""
    _listeners.append(listener)


def advanced(size: int) -> None:
    """Say that the ledger now holds `size` entries. Returns at once; bursts are sent as one message."""
    global _latest, _sender  # noqa: PLW0603 - one sender a process
    for listener in _listeners:
        listener(size)
    with _lock:
        _latest = max(_latest, size)
        if _sender is None or not _sender.is_alive():
            _sender = threading.Thread(target=_send_for_ever, name="hints", daemon=True)
            _sender.start()
    _pending.set()


def _send_for_ever() -> None:
    while True:
        _pending.wait()
        _pending.clear()
        layer = get_channel_layer()
        # In memory there is no other process to tell, and its queues belong to another thread's loop.
        if layer is not None and not isinstance(layer, InMemoryChannelLayer):
            # The layer may be down or full: a reader then finds out by its own slow poll.
            with contextlib.suppress(Exception):
                async_to_sync(layer.group_send)(GROUP, {"type": "ledger.advanced", "size": _latest})
