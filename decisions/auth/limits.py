"""How often an agent may ask, counted in this process alone: N processes allow N times as much.

It must not limit what stops, ends or undoes an act: a person's commands, heartbeats, outcomes, answers to a revert.
"""

import math
import threading
import time
from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.conf import settings

from decisions.errors import Problem

WINDOW = 20
"""Seconds. What an agent saves up in it is the most that it may ask at once; over time it is the rate a minute."""
MOST_AGENTS = 10_000


class Limit(StrEnum):
    """What is counted apart from the rest."""

    PROPOSE = "propose"
    COMMAND = "command"
    READ = "read"
    ORDERS = "orders"
    """Orders to revert: no other request of the agent takes anything from it."""


@dataclass
class _Bucket:
    left: float
    at: float


_buckets: dict[tuple[UUID, Limit], _Bucket] = {}
_lock = threading.Lock()


def spend(agent: UUID, limit: Limit, headers: MutableMapping[str, str]) -> None:
    """Count one request of `agent`, and say in `headers` what is left. Raises a 429 problem when nothing is.

    The headers are those of the IETF's draft "RateLimit header fields for HTTP".
    """
    quota = settings.REQUESTS_PER_MINUTE[limit] * WINDOW // 60
    with _lock:
        if len(_buckets) > MOST_AGENTS * len(Limit):
            # A full bucket is the same as none: those that are not full are the few that ask most.
            _forget_full(time.monotonic())
        left = _spent(agent, limit, quota)
    full = math.ceil((quota - max(left, 0)) * WINDOW / quota)
    headers["RateLimit-Policy"] = f'"{limit}";q={quota};w={WINDOW}'
    headers["RateLimit"] = f'"{limit}";r={max(0, int(left))};t={full}'
    if left < 0:
        wait = max(1, math.ceil(-left * WINDOW / quota))
        raise Problem(
            429,
            "rate-limited",
            "This agent asks too often",
            "Nothing was looked at. Ask again after the time in Retry-After.",
            {"retryable": True, "retry_after_s": wait},
        )


def _spent(agent: UUID, limit: Limit, quota: int) -> float:
    """What is left after one more; below zero by as much as is missing, and then nothing is taken."""
    now = time.monotonic()
    held = _buckets.setdefault((agent, limit), _Bucket(quota, now))
    held.left = min(quota, held.left + (now - held.at) * quota / WINDOW)
    held.at = now
    left = held.left - 1
    if left >= 0:
        held.left = left
    return left


def _forget_full(now: float) -> None:
    for name in [name for name, held in _buckets.items() if now - held.at >= WINDOW]:
        del _buckets[name]


def forget() -> None:
    """Count from nothing again."""
    with _lock:
        _buckets.clear()
