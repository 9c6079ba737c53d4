"""The ledger holds all that a ruling came of: what ruled rules the same again, and another version is compared with it."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals import policy
from approvals.actions.activate_policy import activate_policy
from approvals.actions.change_register import change_register
from approvals.actions.lift_freeze import lift_freeze
from approvals.actions.set_freeze import set_freeze
from approvals.models import PolicyVersion
from approvals.organisation import Organisation
from approvals.queries import replay as replaying
from approvals.queries.replay import Past, replay
from decisions import ledger, rebuild
from decisions.envelope import Entry, open_entry
from decisions.intake.ruleable import ruleable_of_entry
from decisions.models import Agent, Person
from decisions.ports import Ruleable, Ruling
from decisions.vocab import FreezeMode, FreezeScope, Kind, Level
from tests import factories
from tests.conftest import Clock
from tests.corpus import replay as corpus
from tests.factories import event, send
from tests.mixture import Mixture

pytestmark = pytest.mark.django_db
LONG_AGO, NEVER = datetime.fromisoformat("2000-01-01T00:00Z"), datetime.fromisoformat("2100-01-01T00:00Z")


def ruled_again() -> Iterator[tuple[Entry, Ruleable, Ruling]]:
    """Each action of the ledger, with the ruling that the version that ruled gives of it now."""
    past = Past(LONG_AGO, ledger.size())
    for page in replaying.actions(0, ledger.size(), batch=7):
        for entry in page:
            action = ruleable_of_entry(entry)
            assert (action is None) == ("action" not in entry.disclosed), "what was erased alone cannot be ruled on"
            if action is not None:
                yield entry, action, past.again(entry, action)


def same(entry: Entry, ruling: Ruling) -> None:
    """Every fact that came of the ruling then is what comes of it now."""
    facts = entry.facts
    assert (facts["ruled"], facts["rule"]) == (str(ruling.level), ruling.rule), entry
    assert (entry.policy and dict(entry.policy)) == (ruling.policy and dict(ruling.policy))
    sign_off = int(ruling.sign_off.total_seconds()) if ruling.sign_off else None
    assert facts["sign_off_seconds"] == sign_off
    if entry.kind is Kind.ACTION_PROPOSED:
        assert facts["claim_seconds"] == ruling.claim.total_seconds()
        assert facts["protect_seconds"] == ruling.protect.total_seconds()


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(1, 8))])
def test_what_ruled_rules_the_same_again(organisation: factories.Register, clock: Clock, seed: int) -> None:
    """After any commands: versions, freezes, windows and registers come and go."""
    mixture = Mixture(organisation, clock, random.Random(seed))
    mixture.run(400)
    for _ in range(20):
        # Now and then nobody has drawn the line anew: the seed does not choose everybody's ids.
        if PolicyVersion.objects.count() < 3:
            mixture.run(50)
    levels: Counter[str] = Counter()
    rulings = {}
    for entry, _, ruling in ruled_again():
        same(entry, ruling)
        levels[entry.facts["ruled"]] += 1
        rulings[entry.seq] = ruling
    assert len(levels) >= 2
    assert PolicyVersion.objects.count() >= 3
    held = [entry for page in ledger.pages_of([Kind.DECISION_HELD], 0, ledger.size()) for entry in page]
    assert held
    for entry in held:
        # A hold follows its proposal at once; of one that was erased nobody can say again what it asked for.
        if entry.seq - 1 in rulings:
            assert entry.facts["requirement"] == [dict(part) for part in rulings[entry.seq - 1].requirement]


def test_the_register_of_then_is_in_the_entry(agent: Agent, admin: Person) -> None:
    """A service whose tier has changed since, and one that was never there."""
    factories.propose(agent, action=factories.action(service="geo"))
    factories.propose(agent, action=factories.action(service="nowhere", environment="staging", undo=None))
    change_register(Organisation(services=[factories.service("geo", 3, data_class="")]), actor=admin.id)
    first, second = [action for _, action, _ in ruled_again()]
    assert (first.tier, first.data_class, first.registered, first.has_undo) == (2, "personal", True, True)
    assert (second.tier, second.data_class, second.registered, second.has_undo) == (None, "", False, False)
    assert (second.service, second.environment_class) == ("nowhere", "prod")


@pytest.mark.parametrize("erased", ["action", "names", "account"])
def test_of_what_was_erased_a_ruling_rests_on_the_account_alone_does_not(agent: Agent, erased: str) -> None:
    """That something was hidden in the agent's words stays written down when the words are gone."""
    row = factories.propose(agent, action=factories.action(service="wiki"), rationale="fine\u202e")
    found = ledger.entry(row.seq)
    assert found is not None
    texts = ledger.texts_of([row.seq])[row.seq]
    action = ruleable_of_entry(open_entry(row.seq, found[1], [text for name, text in texts.items() if name != erased]))
    if erased == "account":
        assert action is not None
        assert action.hidden
    else:
        assert action is None


@pytest.mark.parametrize("path", sorted(corpus.FOLDER.glob("*.jsonl")), ids=lambda path: path.stem)
def test_entries_of_earlier_versions_are_ruled_on_again(path: Path) -> None:
    _, entries = corpus.read(path)
    corpus.put(entries)
    rebuild.rebuild(check=False)
    for entry, _, ruling in ruled_again():
        same(entry, ruling)


# -- another version


def compiled(**over: Any) -> policy.Policy:
    return policy.read(factories.policy(**over), version=9)


LOOSER = [{"tier": [1, 2, 3], "kind": "scale", "environment": "prod", "level": "L4"}, *factories.policy()["matrix"]]
STRICTER = [{"tier": "*", "kind": "scale", "environment": "prod", "level": "L2", "requirement": "two"}]


def test_changes_are_told_by_their_direction(agent: Agent) -> None:
    searched = factories.propose(agent)
    factories.propose(agent, action=factories.action(kind="restart"))
    wiki = factories.propose(agent, action=factories.action(service="wiki"))
    found = replay(compiled(matrix=LOOSER), LONG_AGO, NEVER)
    assert (found.decisions, found.loosened, found.tightened, found.whole) == (3, 1, 0, True)
    (change,) = found.looser
    assert (change.decision, change.before, change.after, change.looser) == (searched.id, Level.L2, Level.L4, True)
    assert (change.before_rule, change.after_rule) == (searched.rule, "tier 1, 2, 3 · scale · prod")
    found = replay(compiled(matrix=STRICTER, defaults={"level": "L4"}), LONG_AGO, NEVER)
    assert ([change.decision for change in found.tighter], found.loosened) == ([wiki.id], 0)
    # Compared with another version, not with what was ruled.
    found = replay(compiled(matrix=STRICTER), LONG_AGO, NEVER, against=compiled(matrix=STRICTER))
    assert (found.decisions, found.loosened, found.tightened) == (3, 0, 0)


def test_a_decision_counts_once(agent: Agent) -> None:
    """By what first told its action, whatever was told again, before or after the period."""
    send(agent, event("outcome", decision="a"))
    first = factories.propose(agent, decision="b")
    send(agent, event(decision="a"), event(decision="b"), event(decision="a", id="again"))
    factories.propose(agent, decision="b", key="again")
    assert replay(compiled(), LONG_AGO, NEVER).decisions == 2
    assert replay(compiled(), first.received_at, NEVER).decisions == 2


def test_a_period_starts_and_ends(agent: Agent, clock: Clock) -> None:
    times = []
    for _ in range(5):
        times.append(clock.advance(hours=1))
        send(agent, event())
    send(agent, event("signal", decision="late"))
    assert [ledger.seq_at(at) for at in (LONG_AGO, NEVER)] == [0, ledger.size()]
    assert replay(compiled(), times[1], times[3]).decisions == 2
    assert replay(compiled(), times[1], times[3] + timedelta(microseconds=1)).decisions == 3
    assert replay(compiled(), times[4] + timedelta(microseconds=1), NEVER).decisions == 0
    newest = replay(compiled(), times[0], NEVER, most=2)
    assert (newest.decisions, newest.whole, newest.start) == (2, False, times[3])
    exactly = replay(compiled(), times[0], NEVER, most=5)
    assert (exactly.decisions, exactly.whole, exactly.start) == (5, True, times[0])


def test_the_forecast_counts_people_a_week(agent: Agent, clock: Clock) -> None:
    start = clock.at
    for _ in range(4):
        send(agent, event(), event(action=factories.action(service="checkout")))
    found = replay(compiled(matrix=STRICTER), start, start + timedelta(weeks=2))
    # One of four, two of four before; two of eight after.
    assert found.forecast() == [("approvers", (4 * 1 + 4 * 2) / 2, (8 * 2) / 2, 2.0)]
    loose = replay(compiled(irreversible=["scale"], matrix=LOOSER), start, start + timedelta(weeks=1))
    assert loose.forecast() == [("managers", 0.0, 4.0, 4.0), ("approvers", 12.0, 8.0, -4.0)]


def test_what_people_had_stopped_is_stopped_in_every_version(
    agent: Agent, responder: Person, manager: Person, second_manager: Person
) -> None:
    freeze = set_freeze(
        scope=FreezeScope.SERVICE, value="wiki", mode=FreezeMode.AUTONOMY, reason="", actor=responder.id
    )
    during = factories.propose(agent, action=factories.action(service="wiki"))
    for who in (manager, second_manager):
        lift_freeze(freeze.id, actor=who.id)
    after = factories.propose(agent, action=factories.action(service="wiki", parameters={"replicas": 9}))
    assert (during.level_ruled, after.level_ruled) == ("L2", "L4")
    found = replay(compiled(matrix=LOOSER), LONG_AGO, NEVER)
    assert (found.decisions, found.loosened) == (2, 0)


def test_only_so_many_changes_are_named_and_all_are_counted(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    send(agent, *(event(decision=f"d{number}") for number in range(replaying.LISTED + 5)))
    found = replay(compiled(matrix=LOOSER), LONG_AGO, NEVER)
    assert (found.loosened, len(found.looser)) == (replaying.LISTED + 5, replaying.LISTED)
    seqs = [change.seq for change in found.looser]
    assert seqs == sorted(seqs, reverse=True)
    assert seqs[0] == ledger.size() - 1


def test_what_nobody_could_rule_on_is_ruled_so_again(db: None, clock: Clock) -> None:
    """Before the first policy everything was held."""
    change_register(factories.organisation(), actor=None)
    agent = Agent.objects.get(slug="remediator")
    row = factories.propose(agent)
    activate_policy(factories.policy())
    assert row.policy_version is None
    for entry, _, ruling in ruled_again():
        same(entry, ruling)
    assert replay(compiled(), LONG_AGO, NEVER).decisions == 1
