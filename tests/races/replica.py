"""One racer in a process of its own: with its own writer, connections and caches, as a replica has them.

Started by `spawn`, so that it inherits nothing of the test; it sets the product up on the test's database.
"""

import multiprocessing
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import UUID

import django
from django.conf import settings

CONTEXT = multiprocessing.get_context("spawn")
PATIENCE = 60
JITTER = 0.004


@dataclass(frozen=True, slots=True)
class Race:
    """What all the racers of a race know."""

    database: dict[str, Any]
    """The settings of the test's database."""
    agent: UUID
    person: UUID
    names: Sequence[str]
    """What the agent calls the decision of each turn."""
    service: Sequence[str]
    """The service that is stopped at each turn."""


def told(race: Race, role: str, barrier: Barrier, answers: Any) -> None:
    """Play `role` at each turn and send what came of it, in order: (whether it was done, seq or type of problem)."""
    default: dict[str, Any] = dict(settings.DATABASES["default"])
    settings.DATABASES = {"default": default | race.database}
    # The test that begins this keeps none, and replicas share theirs.
    settings.GUARD_FILE = None
    django.setup()
    # What imports the product can be imported only now.
    roles: Any = import_module("tests.races.roles")
    turns = roles.ROLES[role](race)
    found: list[tuple[bool, Any]] = []
    chance = random.Random(role)
    try:
        for turn in range(len(race.names)):
            for _ in ("everybody is done", "it is prepared"):
                barrier.wait(PATIENCE)
            act = turns(turn)
            barrier.wait(PATIENCE)
            found.append(roles.outcome(act, chance.random() * JITTER))
    except BaseException:
        barrier.abort()
        raise
    finally:
        answers.put((role, found))
        roles.end()


def run(race: Race, parts: Sequence[str], prepare: Callable[[int], None]) -> dict[str, list[tuple[bool, Any]]]:
    """Each role's answers. Before each turn `prepare` runs alone, in this process."""
    barrier = CONTEXT.Barrier(len(parts) + 1)
    answers = CONTEXT.Queue()
    racers = [CONTEXT.Process(target=told, args=(race, role, barrier, answers), daemon=True) for role in parts]
    for racer in racers:
        racer.start()
    try:
        for turn in range(len(race.names)):
            barrier.wait(PATIENCE)
            prepare(turn)
            for _ in ("prepared", "go"):
                barrier.wait(PATIENCE)
    except BaseException:
        barrier.abort()
        raise
    finally:
        found = dict(answers.get(timeout=PATIENCE) for _ in racers)
        for racer in racers:
            racer.join(PATIENCE)
    return found
