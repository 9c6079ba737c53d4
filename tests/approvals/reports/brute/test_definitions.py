"""What the definitions of the measures ask for, case by case, with the number that each one gives.

It must not ask brute force: here it is said by hand.
"""

from datetime import timedelta
from typing import Any

import pytest

from approvals.reports.dataset import report_of
from tests.approvals.reports.brute import comparing
from tests.approvals.reports.brute.living import MONTH, History, Step, World
from tests.approvals.reports.brute.named import (
    AGENT,
    DAY,
    LATER,
    MIDDLE,
    NOW,
    SEARCH,
    SOON,
    TAKEN,
    WIKI,
    mandate,
    registered,
    reported,
)

pytestmark = pytest.mark.django_db


def measure(world: World, name: str, history: History, *, built: Any = None) -> dict[str, Any]:
    """What the report of the month says of a measure after `history`."""
    world.live(history)
    assert not world.refused
    world.clock.set(max(world.clock.at, built or comparing.built_at(MONTH)))
    facts = comparing.collected(MONTH, world.clock.at)
    [said] = [one for one in report_of(facts)["measures"] if one["id"] == name]
    return dict(said)


INCIDENT = registered(
    "incidents",
    "marta",
    title="Pages without pictures",
    began_at=str(MIDDLE + LATER),
    severity=2,
    harmful=True,
    accountable="marta",
    decision=0,
)


def test_a_plain_report_has_none_of_these(world: World) -> None:
    assert measure(world, "M7", [reported(MIDDLE)])["numerator"] == 0


def test_an_incident_within_72_hours_is_a_failed_change(world: World) -> None:
    assert measure(world, "M7", [reported(MIDDLE), INCIDENT])["numerator"] == 1


def test_a_harmful_incident_spends_the_error_budget(world: World) -> None:
    assert measure(world, "M8", [reported(MIDDLE), INCIDENT])["numerator"] == 1


def test_a_revert_later_than_72_hours_is_no_failed_change(world: World) -> None:
    history = [Step(MIDDLE, "report", ("remediator", WIKI, NOW, "succeeded")), Step(30 * DAY, "veto", (0, "marta"))]
    assert measure(world, "M7", history)["numerator"] == 0


def test_a_mandate_answers_for_nothing_before_it_was_signed(world: World) -> None:
    history = [
        Step(MIDDLE, "report", ("remediator", WIKI, NOW, "succeeded")),
        Step(DAY, "expire"),
        mandate("L4", "2027-01-01", "2027-01-31"),
    ]
    assert measure(world, "M1", history)["numerator"] == 0


def test_days_that_have_not_been_are_not_complete(world: World) -> None:
    begun = world.clock.at
    said = measure(world, "M11", [Step(MIDDLE, "report", ("remediator", WIKI, NOW, "succeeded"))], built=MIDDLE + DAY)
    assert said["value"] == said["series"][-1] == (MIDDLE - begun).days


def test_a_real_stop_is_timed_until_nothing_is_in_flight(world: World) -> None:
    claimed = TAKEN[:3]
    stopped = [*claimed, Step(NOW, "freeze", ("all",)), Step(timedelta(seconds=30), "finish", (0, "succeeded"))]
    assert measure(world, "M6", stopped)["value"] == 30


def test_what_nobody_proposed_is_no_refused_proposal(world: World) -> None:
    history = [Step(MIDDLE, "report", ("remediator", WIKI, NOW, "succeeded")), Step(SOON, "veto", (0, "marta"))]
    assert measure(world, "M4", history)["denominator"] is None


@pytest.mark.parametrize(("action", "unanswered"), [(SEARCH, "1 timed out"), (WIKI, "none timed out")])
def test_a_permission_that_nobody_claimed_is_no_request_that_nobody_answered(
    world: World, action: tuple[str, str], unanswered: str
) -> None:
    history = [Step(MIDDLE, "propose", (AGENT, action)), Step(2 * DAY, "expire")]
    assert unanswered in measure(world, "M4", history)["note"]
