"""What was seen before is found alike, whether it is read once for all that is told together or asked for anew."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from decisions.intake import seen
from decisions.intake.matching import DECISION_KEY, Acted, Rule
from decisions.intake.told import digest
from decisions.models import Evidence, EvidenceKey
from decisions.moment import Moment
from decisions.vocab import Says

AGENTS = [uuid.UUID(int=n) for n in (1, 2)]
SERVICES = ["geo", "search"]
NAMES = ["one", "two"]
NOW = datetime(2026, 10, 15, 3, 47, tzinfo=UTC)
minutes = st.integers(-30, 30)


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


effects = st.tuples(
    st.sampled_from([Says.EFFECT, Says.EFFECT, Says.TRIGGER]),
    st.sampled_from([*AGENTS, None]),
    st.sampled_from(SERVICES),
    minutes,
    st.sampled_from(["", "", Rule.TARGET, Rule.NAMED]),
    st.sampled_from(["", "", *NAMES]),
)
acts = st.tuples(st.sampled_from(AGENTS), st.sampled_from(SERVICES), minutes, st.sampled_from(NAMES))


def store(told: list[tuple[Says, uuid.UUID | None, str, int, str, str]]) -> None:
    for seq, (says, agent, service, minute, rule, name) in enumerate(told):
        Evidence.objects.create(
            seq=seq,
            id=uuid.uuid4(),
            says=says,
            source="audit",
            agent_id=agent,
            service=service,
            occurred_at=at(minute),
            # Nothing is told much before it was; what is told later comes later.
            received_at=at(30) + timedelta(seconds=seq),
            decision_seq=1000 if rule else None,
            rule=rule,
        )
        if name:
            key = digest(f"{DECISION_KEY}{name}")
            EvidenceKey.objects.create(id=f"{key}:{seq}", key=key, evidence_seq=seq)


def acted(agent: uuid.UUID, service: str, minute: int, name: str) -> Acted:
    id_ = uuid.uuid4()
    return Acted(
        ref=uuid.uuid4().hex,
        id=id_,
        agent=agent,
        service=service,
        resource="",
        kind="scale",
        at=at(minute),
        named=(str(id_), name),
    )


class TestSeenBefore(TestCase):
    @given(st.lists(effects, max_size=12), st.lists(acts, min_size=1, max_size=4))
    def test_read_once_or_asked_anew(self, told: list[tuple], done: list[tuple]) -> None:  # type: ignore[type-arg]
        store(told)
        some = [acted(*one) for one in done]
        announced = frozenset(seen.name_of(one[3]) for one in done)
        moment, alone = Moment(NOW, "", 0, announced), Moment(NOW, "", 0)
        # As where much more was told since: then nothing is known of what was seen before.
        alone._found[seen._Newest.read] = seen._Newest((), NOW + timedelta(days=1))
        assert [one.seq for one in seen._near(some, moment)] == [one.seq for one in seen._near(some, alone)]


@pytest.mark.django_db
def test_more_than_is_read_at_once_is_asked_for() -> None:
    store([(Says.EFFECT, AGENTS[0], "geo", 0, "", "")] * 3)
    Evidence.objects.bulk_create(
        Evidence(
            seq=seq,
            id=uuid.uuid4(),
            says=Says.TRIGGER,
            source="alerts",
            service="geo",
            occurred_at=at(0),
            received_at=at(60),
        )
        for seq in range(10, 10 + seen.NEWEST)
    )
    found = seen._near([acted(AGENTS[0], "geo", 0, "one")], Moment(NOW, "", 0))
    assert [one.seq for one in found] == [0, 1, 2]
