"""Says that the ledger advanced: to this process at once, to others by Redis. It must never be needed for correctness:
every reader resumes by seq, and polls each second.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable

import redis
from celery import current_app
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError

Listener = Callable[[int], None]
log = logging.getLogger(__name__)
_listeners: list[Listener] = []
_lock = threading.Lock()
_pending = threading.Event()
_latest = 0
_wanted_at = -1.0
_threads: dict[str, threading.Thread] = {}


def channel() -> str:
    """Where the processes of this installation talk: Redis publishes across its databases, so the name says whose it is."""
    return f"oversight:{settings.LOG_ORIGIN}:{connection.settings_dict['NAME']}"


def listen(listener: Listener) -> None:
    """Call `listener(size)` after each commit of any process; it must be quick and must not raise."""
    _listeners.append(listener)
    if settings.REDIS_URL:
        _start("hints-in", _hear)


def advanced(size: int) -> None:
    """Say that the ledger now holds `size` entries. Returns at once; bursts go out as one message."""
    global _latest  # noqa: PLW0603 - one sender a process
    _tell(size)
    if settings.REDIS_URL:
        with _lock:
            _latest = max(_latest, size)
        _start("hints-out", _send)
        _pending.set()


def checkpoint_wanted() -> None:
    """Ask the worker to sign the head, at most once a second from each process. Without a broker beat does it each minute."""
    global _wanted_at  # noqa: PLW0603 - one asker a process
    with _lock:
        now = time.monotonic()
        if now - _wanted_at < 1:
            return
        _wanted_at = now
    with contextlib.suppress(OperationalError, OSError):
        current_app.send_task("decisions.tasks.publish_checkpoint", retry=False, expires=10)


def _tell(size: int) -> None:
    for listener in _listeners:
        listener(size)


def _start(name: str, run: Callable[[redis.Redis], None]) -> None:
    with _lock:
        held = _threads.get(name)
        if held is None or not held.is_alive():
            _threads[name] = threading.Thread(target=_for_ever, args=(run,), name=name, daemon=True)
            _threads[name].start()


def _for_ever(run: Callable[[redis.Redis], None]) -> None:
    """Run with a connection, again a second after it broke: without hints readers still poll."""
    while True:
        with contextlib.suppress(redis.RedisError, OSError), redis.Redis.from_url(settings.REDIS_URL) as client:
            run(client)
        log.warning("live hints are off; readers poll each second")
        time.sleep(1)


def _send(client: "redis.Redis") -> None:
    global _latest
    while True:
        _pending.wait()
        _pending.clear()
        with _lock:
            size, _latest = _latest, 0
        if size:
            client.publish(channel(), size)


def _hear(client: "redis.Redis") -> None:
    with client.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]  # partly typed
        subscription.subscribe(channel())
        for message in subscription.listen():
            _tell(int(message["data"]))
