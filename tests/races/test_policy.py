"""Two people put drafts in force at the same moment: one version follows the other in force, and the other is told."""

from typing import Any

import pytest

from approvals.actions.activate_draft import activate_draft
from approvals.actions.draft_policy import draft_policy
from approvals.actions.withdraw_draft import withdraw_draft
from approvals.models import PolicyDraft, PolicyVersion
from decisions import rebuild
from decisions.errors import Problem
from decisions.models import Person
from decisions.verify import verify_ledger
from tests import factories
from tests.races.running import WAYS, in_turns

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
COUNTS = [8, pytest.param(60, marks=pytest.mark.deep)]


def drafted(by: Person, turn: int, name: str) -> PolicyDraft:
    document = factories.policy(name=f"{name} {turn}")
    return draft_policy(document, reason="Another line is better.", based_on=turn + 1, actor=by.id)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", COUNTS)
def test_of_two_drafts_one_comes_in_force(
    executive: Person, manager: Person, second_manager: Person, count: int, way: Any
) -> None:
    open_: dict[int, tuple[PolicyDraft, PolicyDraft]] = {}

    def prepare(turn: int) -> None:
        open_[turn] = drafted(manager, turn, "One"), drafted(second_manager, turn, "Two")

    def activate(place: int) -> Any:
        return way(lambda turn: activate_draft(open_[turn][place].id, revision=1, actor=executive.id))

    answers = in_turns(range(count), prepare, activate(0), activate(1))
    for turn, pair in enumerate(answers):
        [version] = [answer for answer in pair if isinstance(answer, PolicyVersion)]
        [refused] = [answer for answer in pair if isinstance(answer, Problem)]
        assert version.version == turn + 2
        assert (refused.slug, refused.extra["version"]) == ("another-version", turn + 2)
    assert PolicyVersion.objects.count() == count + 1
    assert verify_ledger().clean
    assert rebuild.rebuild(check=True).differences == ()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_draft_is_withdrawn_or_comes_in_force(executive: Person, manager: Person, count: int, way: Any) -> None:
    rows: dict[int, PolicyDraft] = {}

    def prepare(turn: int) -> None:
        rows[turn] = draft_policy(
            factories.policy(name=f"Draft {turn}"),
            reason="Another line is better.",
            based_on=PolicyVersion.objects.count(),
            actor=manager.id,
        )

    answers = in_turns(
        range(count),
        prepare,
        way(lambda turn: activate_draft(rows[turn].id, revision=1, actor=executive.id)),
        way(lambda turn: withdraw_draft(rows[turn].id, revision=1, actor=manager.id)),
    )
    for turn, (activated, withdrawn) in enumerate(answers):
        row = PolicyDraft.objects.get(id=rows[turn].id)
        assert isinstance(activated, Problem) is not isinstance(withdrawn, Problem)
        assert row.state == ("withdrawn" if isinstance(activated, Problem) else "activated")
        loser = activated if isinstance(activated, Problem) else withdrawn
        assert loser.slug == "stale-view"
    assert verify_ledger().clean
    assert rebuild.rebuild(check=True).differences == ()
