"""What compares the report with the entries finds faults: of each one that is made here, in what was lived through by hand.

It must not live through a history once for each fault: the facts are counted again, wrongly.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import hypothesis
import pytest

from approvals.reports import counting, evidence, measures, tally
from approvals.reports.facts import Asked, DecisionFact, Facts, FreezeFact, Mandate
from approvals.reports.stops import Stopping
from tests.approvals.reports.brute.comparing import Lived, differences
from tests.approvals.reports.brute.conftest import Live
from tests.approvals.reports.brute.histories import histories
from tests.approvals.reports.brute.living import History

pytestmark = pytest.mark.django_db
Patch = pytest.MonkeyPatch
INSTANT = timedelta(microseconds=1)
real_tally_of = tally.tally_of
began, decided_first, ran = counting.began, counting.decided_first, counting.ran
failed, harmed = counting.failed, counting.harmed


def everywhere(patch: Patch, name: str, mutant: Callable[..., object]) -> None:
    """Put `mutant` in the place of what counts, and of each name by which others call it."""
    for module in (counting, tally):
        if hasattr(module, name):
            patch.setattr(module, name, mutant)


def month_ends_one_instant_late(patch: Patch) -> None:
    everywhere(patch, "began", lambda fact: began(fact) - INSTANT)


def month_ends_one_instant_early(patch: Patch) -> None:
    everywhere(patch, "began", lambda fact: began(fact) + INSTANT)


def refused_attempts_are_vetoes(patch: Patch) -> None:
    def mutant(facts: Facts) -> tally.Tally:
        made = real_tally_of(facts)
        for month in made.months:
            month.vetoed += month.refused
        return made

    patch.setattr("approvals.reports.dataset.tally_of", mutant)


def approval_after_the_act_counts(patch: Patch) -> None:
    everywhere(patch, "decided_first", lambda fact: counting.approved_at(fact) is not None)


def approval_never_ends(patch: Patch) -> None:
    everywhere(patch, "decided_first", lambda fact: decided_first(replace(fact, approval_over_at=None)))


def any_action_is_the_approved_one(patch: Patch) -> None:
    everywhere(patch, "decided_first", lambda fact: decided_first(replace(fact, acted_otherwise=False)))


def the_last_word_alone_counts(patch: Patch) -> None:
    patch.setattr(tally, "_count_people", _with(tally._count_people, approved_at=None))


def _with(counted: Callable[..., None], **over: Any) -> Callable[..., None]:
    return lambda made, fact: counted(made, replace(fact, **over))


def verdicts_belong_to_the_month_of_the_act(patch: Patch) -> None:
    asked = tally._asked_of

    def at_the_act(fact: DecisionFact) -> Asked:
        return replace(asked(fact), verdict_at=began(fact))

    patch.setattr(tally, "_asked_of", at_the_act)


def the_question_is_the_act(patch: Patch) -> None:
    everywhere(patch, "began", lambda fact: fact.occurred_at)


def looking_is_acting(patch: Patch) -> None:
    everywhere(patch, "ran", lambda fact: ran(replace(fact, level_used="L1") if fact.level_used == "L0" else fact))


def what_was_left_undone_is_an_action(patch: Patch) -> None:
    everywhere(patch, "ran", lambda fact: ran(replace(fact, outcome="no_change" if fact.outcome else "")))


def a_revert_is_no_failure(patch: Patch) -> None:
    everywhere(patch, "harmed", lambda fact: fact.effect == "harmed")


def what_is_partial_succeeded(patch: Patch) -> None:
    everywhere(patch, "failed", lambda fact: fact.outcome == "failed" or counting.harmed(fact))


def a_mandate_answers_for_everything(patch: Patch) -> None:
    everywhere(
        patch, "answered_for", lambda fact, some: decided_first(fact) or any(m.covers(fact, began(fact)) for m in some)
    )


def a_mandate_ends_a_day_early(patch: Patch) -> None:
    covers = Mandate.covers

    def mutant(self: Mandate, fact: DecisionFact, at: datetime) -> bool:
        return at.date() < self.ends_on and covers(self, fact, at)

    patch.setattr(Mandate, "covers", mutant)


def people_do_what_agents_do(patch: Patch) -> None:
    def mutant(facts: Facts, made: tally.Tally) -> measures.Comparison | None:
        made_by_people, failed = sum(one.changes for one in facts.people), sum(one.failed for one in facts.people)
        now = made.now
        return measures.Comparison(now.actions, now.failed, 100 * failed / made_by_people) if made_by_people else None

    patch.setattr("tests.approvals.reports.brute.comparing.people_at_the_same_work", mutant)


def only_the_slowest_counts(patch: Patch) -> None:
    patch.setattr(evidence, "_slowest", max)


def all_harm_is_judged(patch: Patch) -> None:
    patch.setattr(measures, "_budget", lambda month, _: 100.0 if month.actions else None)


def a_revert_fails_it_whenever_it_comes(patch: Patch) -> None:
    everywhere(patch, "failed", lambda fact: failed(fact) or fact.undone_at is not None)


def an_incident_fails_it_whenever_it_begins(patch: Patch) -> None:
    everywhere(patch, "failed", lambda fact: failed(fact) or fact.incident_at is not None)


def incidents_are_not_asked(patch: Patch) -> None:
    for name, count in (("failed", failed), ("harmed", harmed)):
        everywhere(
            patch, name, lambda fact, count=count: count(replace(fact, incident_at=None, incident_harmful=False))
        )


def the_72_hours_begin_with_the_act(patch: Patch) -> None:
    everywhere(patch, "failed", lambda fact: failed(replace(fact, ended_at=None)))


def a_mandate_is_signed_before_it_is_recorded(patch: Patch) -> None:
    covers = Mandate.covers
    patch.setattr(Mandate, "covers", lambda self, fact, at: covers(replace(self, signed_at=None), fact, at))


def a_mandate_answers_for_no_import(patch: Patch) -> None:
    covers = Mandate.covers
    patch.setattr(Mandate, "covers", lambda self, fact, at: covers(self, replace(fact, replayed=False), at))


def every_veto_refuses_a_proposal(patch: Patch) -> None:
    count = tally._count_people
    patch.setattr(
        tally,
        "_count_people",
        lambda made, fact: count(made, replace(fact, proposed=fact.proposed or bool(fact.verdict))),
    )


def only_drills_are_stops(patch: Patch) -> None:
    patch.setattr(Stopping, "stops", lambda _: [])


def a_stop_is_of_everything(patch: Patch) -> None:
    patch.setattr(FreezeFact, "stops", lambda *_: True)


def a_stop_is_safe_at_once(patch: Patch) -> None:
    patch.setattr(Stopping, "take", lambda *_: None)


def days_to_come_are_complete(patch: Patch) -> None:
    days = evidence._days
    patch.setattr(evidence, "_days", lambda facts, end: days(replace(facts, as_of=end), end))


MUTANTS = (
    month_ends_one_instant_late,
    month_ends_one_instant_early,
    refused_attempts_are_vetoes,
    approval_after_the_act_counts,
    approval_never_ends,
    any_action_is_the_approved_one,
    the_last_word_alone_counts,
    verdicts_belong_to_the_month_of_the_act,
    the_question_is_the_act,
    looking_is_acting,
    what_was_left_undone_is_an_action,
    a_revert_is_no_failure,
    what_is_partial_succeeded,
    a_mandate_answers_for_everything,
    a_mandate_ends_a_day_early,
    people_do_what_agents_do,
    only_the_slowest_counts,
    all_harm_is_judged,
    a_revert_fails_it_whenever_it_comes,
    an_incident_fails_it_whenever_it_begins,
    incidents_are_not_asked,
    the_72_hours_begin_with_the_act,
    a_mandate_is_signed_before_it_is_recorded,
    a_mandate_answers_for_no_import,
    every_veto_refuses_a_proposal,
    only_drills_are_stops,
    a_stop_is_of_everything,
    a_stop_is_safe_at_once,
    days_to_come_are_complete,
)


def not_found(lives: Collection[Lived]) -> list[str]:
    """The mutants with which the report still says what the entries say of every one of `lives`."""
    left = []
    for mutant in MUTANTS:
        with Patch.context() as patch:
            mutant(patch)
            if not any(differences(lived) for lived in lives):
                left.append(mutant.__name__)
    return left


def test_each_fault_is_found_at_the_edges(by_hand: dict[str, Lived]) -> None:
    left = not_found(by_hand.values())
    assert left == [], left


@pytest.mark.deep
def test_most_faults_are_found_by_chance(live: Live) -> None:
    lives: list[Lived] = []

    @hypothesis.settings(max_examples=200, database=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(history=histories())
    def lived(history: History) -> None:
        lives.append(live(history))

    lived()
    left = not_found(lives)
    print(f"by {len(lives)} histories, {len(MUTANTS) - len(left)} of {len(MUTANTS)}; not {left}")
    assert 2 * len(left) < len(MUTANTS), left
