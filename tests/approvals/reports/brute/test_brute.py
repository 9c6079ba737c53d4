"""The headline measures of the report are what brute force finds in the exported ledger, whatever has happened."""

import hypothesis
import pytest

from tests.approvals.reports.brute.comparing import Lived, apart, differences
from tests.approvals.reports.brute.conftest import Live
from tests.approvals.reports.brute.histories import histories
from tests.approvals.reports.brute.living import History, World

pytestmark = pytest.mark.django_db
RUNS = [30, pytest.param(1000, marks=pytest.mark.deep)]


@pytest.mark.parametrize("runs", RUNS)
def test_the_report_says_what_the_entries_say(live: Live, world: World, runs: int) -> None:
    @hypothesis.settings(max_examples=runs, database=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(history=histories())
    def compared(history: History) -> None:
        lived = live(history)
        found = [*differences(lived), *apart(lived)]
        if found:
            pytest.fail("\n".join([*map(str, history), *found]))

    compared()
    print(world.done, world.refused)


def test_so_it_does_at_the_edges(by_hand: dict[str, Lived]) -> None:
    found = {name: [*differences(lived), *apart(lived)] for name, lived in by_hand.items()}
    assert {name: some for name, some in found.items() if some} == {}
