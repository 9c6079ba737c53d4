"""Random walks of the real gate beside its model: whatever is done, it is in the model's state or a stricter one.

The walks must not choose only what is allowed: much of what they try is refused.
"""

from collections import Counter
from typing import Any

import hypothesis
import pytest
from django.db import transaction
from hypothesis import strategies

from decisions.vocab import State
from tests.oracle import model
from tests.oracle.service import Gate
from tests.oracle.walking import Act, Walk

RUNS = [200, pytest.param(2000, marks=pytest.mark.deep)]
LONGEST = 14
FOLDED = 3
"""On every run the read models of one walk in so many are made anew, which takes as long as the walk; of the full count all are."""
OFTEN = {"claim": 3, "claim_lost_reply": 2, "effect": 4, "tick": 4, "approve_a": 4, "approve_b": 4}
OFTEN |= {"report_ok": 3, "report_fail": 3, "revert_ack": 4, "revert_ok": 2, "revert_fail": 2}
"""How much more often than others a step is chosen that leads somewhere."""
RARE = frozenset({"policy_tighten2", "exec_crash", "timeout", "authz_expired", "close", "gate_crash", "restore"})
"""What ends most of what could still happen, or nothing: half as often."""
EVERY = frozenset(
    {
        *(f"approve_{who}" for who in "ab"),
        *("veto", "freeze", "unfreeze", "tick", "timeout", "authz_expired", "lease_expire", "close"),
        *("claim", "claim_lost_reply", "claim_retry", "effect", "exec_crash", "report_ok", "report_fail"),
        *("policy_tighten1", "policy_tighten2", "human_reviews", "human_takes_over"),
        *("revert_ack", "revert_ok", "revert_fail", "gate_crash", "gate_recover", "sweep", "heartbeat"),
        *("backup", "restore"),
    }
)


def options(walk: Walk) -> list[Act]:
    """What may be done next: each as many times as it is likely, then what may only be tried."""
    allowed = [act for act in walk.enabled() for _ in range(1 if act.name in RARE else 2 * OFTEN.get(act.name, 1))]
    return allowed + walk.attempts()


def walked(gate: Gate, level: model.Level, choices: list[int], taken: Counter[str], *, fold: bool) -> None:
    at = gate.clock.at
    for browser in gate.browsers.values():
        browser.sign_in()
    try:
        with transaction.atomic():
            walk = Walk(gate, level, taken)
            for choice in choices:
                found = options(walk)
                # Nothing is a choice too, so that a walk that fails can be made shorter.
                if choice and found:
                    walk.take(found[choice % len(found)])
            walk.finish(fold=fold)
            transaction.set_rollback(True)
    finally:
        gate.clock.set(at)


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.django_db
def test_the_gate_is_where_its_model_is_or_stricter(gate: Gate, runs: int) -> None:
    taken: Counter[str] = Counter()
    every = 1 if runs >= 2000 else FOLDED

    @hypothesis.settings(max_examples=runs, database=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(
        level=strategies.sampled_from(model.LEVELS),
        choices=strategies.lists(strategies.integers(0, 2**20), min_size=LONGEST // 2, max_size=LONGEST),
    )
    def walks(level: Any, choices: list[int]) -> None:
        # By the choices and not by a count: a walk that fails must fail again.
        walked(gate, level, choices, taken, fold=sum(choices) % every == 0)

    walks()
    if runs >= 2000:
        assert set(taken) >= EVERY, f"never taken: {EVERY - set(taken)}"
        print(f"{runs} walks: {dict(taken.most_common())}")


TOLD_LATE = ("claim by 0", "veto", "backup", "policy_tighten1", "effect by 0", "restore", "unfreeze", "report_ok by 0")


@pytest.mark.django_db
def test_a_veto_at_work_outlasts_a_restore(gate: Gate) -> None:
    """Found by one walk of 2,000: each step is one that the model allows."""
    for browser in gate.browsers.values():
        browser.sign_in()
    with transaction.atomic():
        walk = Walk(gate, "L4", Counter())
        for name in TOLD_LATE:
            walk.take(next(act for act in walk.enabled() if str(act) == name))
        assert walk.state is State.REVERT_ORDERED
        walk.finish()
        transaction.set_rollback(True)


STATES = {"L2": (155_304, 5616), "L3": (136_674, 5526), "L4": (63_306, 2970)}
"""How many states the model has, with backups and without."""


@pytest.mark.parametrize("level", model.LEVELS)
def test_the_model_breaks_nothing_and_is_never_stuck(level: model.Level) -> None:
    assert model.explore(level, {"no_backup"}) == (None, (), STATES[level][1])


@pytest.mark.deep
@pytest.mark.parametrize("level", model.LEVELS)
def test_nor_does_it_when_a_backup_is_restored(level: model.Level) -> None:
    assert model.explore(level) == (None, (), STATES[level][0])
