"""A payload broken in any of many ways gives a Problem, never a Reading and never another exception. No breakage passes unseen."""

import pytest

from decisions.errors import Problem
from decisions.intake.formats import mapping, names
from decisions.intake.mapping import explain, take
from tests.decisions.formats.breaking import BREAKAGES, IDS, TIMES
from tests.decisions.formats.fixtures import Fixture, answer, refused, understood

STANDS = {
    ("cdevents/written-structured.json", "a list around it"): "a batch of CloudEvents is a list",
    ("kubernetes-audit", "a list around it"): "what ships the log file sends lists of events",
    ("flux", "no id"): "an event of Flux has no id: its content names it",
    ("flux", "an id that is null"): "an event of Flux has no id: its content names it",
    ("flux", "an id that is a list"): "an event of Flux has no id: its content names it",
    ("flux", "an id that is an object"): "an event of Flux has no id: its content names it",
    ("flux", "an id that is too long"): "an event of Flux has no id: its content names it",
    ("flux", "an id that cannot be seen"): "an event of Flux has no id: its content names it",
    ("github", "an id that is null"): "the id stands in a header, which is always a text",
    ("github", "an id that is a list"): "the id stands in a header, which is always a text",
    ("github", "an id that is an object"): "the id stands in a header, which is always a text",
    ("aws-eventbridge/written-sns-notification.json", "no id"): "it stands inside the text of the notification",
    (
        "aws-eventbridge/written-sns-notification.json",
        "an id that is null",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/written-sns-notification.json",
        "an id that is a list",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/written-sns-notification.json",
        "an id that is an object",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/written-sns-notification.json",
        "an id that is too long",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/written-sns-notification.json",
        "an id that cannot be seen",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/written-sns-notification.json",
        "a time that is none",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/written-sns-notification.json",
        "a time that is a list",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/written-sns-notification.json",
        "a time before all others",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/written-sns-notification.json",
        "a time after all others",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/written-sns-notification.json",
        "a time without a zone",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/cloudwatch-alarm-sns-payload-single-metric.json",
        "no id",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/cloudwatch-alarm-sns-payload-single-metric.json",
        "an id that is null",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/cloudwatch-alarm-sns-payload-single-metric.json",
        "an id that is a list",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/cloudwatch-alarm-sns-payload-single-metric.json",
        "an id that is an object",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/cloudwatch-alarm-sns-payload-single-metric.json",
        "an id that is too long",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/cloudwatch-alarm-sns-payload-single-metric.json",
        "an id that cannot be seen",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/cloudwatch-alarm-sns-payload-single-metric.json",
        "a time that is none",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/cloudwatch-alarm-sns-payload-single-metric.json",
        "a time that is a list",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/cloudwatch-alarm-sns-payload-single-metric.json",
        "a time before all others",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/cloudwatch-alarm-sns-payload-single-metric.json",
        "a time after all others",
    ): "it stands inside the text of the notification",
    (
        "aws-eventbridge/cloudwatch-alarm-sns-payload-single-metric.json",
        "a time without a zone",
    ): "it stands inside the text of the notification",
    ("aws-eventbridge/written-sns-raw-alarm.json", "no id"): "an alarm has no id: its name, state and time make one",
    (
        "aws-eventbridge/written-sns-raw-alarm.json",
        "an id that is null",
    ): "an alarm has no id: its name, state and time make one",
    (
        "aws-eventbridge/written-sns-raw-alarm.json",
        "an id that is a list",
    ): "an alarm has no id: its name, state and time make one",
    (
        "aws-eventbridge/written-sns-raw-alarm.json",
        "an id that is an object",
    ): "an alarm has no id: its name, state and time make one",
    (
        "aws-eventbridge/written-sns-raw-alarm.json",
        "an id that is too long",
    ): "an alarm has no id: its name, state and time make one",
    (
        "aws-eventbridge/written-sns-raw-alarm.json",
        "an id that cannot be seen",
    ): "an alarm has no id: its name, state and time make one",
    ("stackstorm/written-inquiry.json", "a time that is none"): "an inquiry states no time",
    ("stackstorm/written-inquiry.json", "a time that is a list"): "an inquiry states no time",
    ("stackstorm/written-inquiry.json", "a time before all others"): "an inquiry states no time",
    ("stackstorm/written-inquiry.json", "a time after all others"): "an inquiry states no time",
    ("stackstorm/written-inquiry.json", "a time without a zone"): "an inquiry states no time",
    ("spinnaker", "no id"): "without its own id an event is named by its execution and type",
    ("spinnaker", "an id that is null"): "without its own id an event is named by its execution and type",
    ("spinnaker", "a list around it"): "events may be sent as a list",
    ("standard-webhooks", "an id that is null"): "the id stands in a header, which is always a text",
    ("standard-webhooks", "an id that is a list"): "the id stands in a header, which is always a text",
    ("standard-webhooks", "an id that is an object"): "the id stands in a header, which is always a text",
}
"""Breakages that do not break a format, each with why; a name of a system speaks of all its payloads."""


def unbroken(fixture: Fixture, name: str) -> str:
    """Why the payload is not refused although it was broken; empty where it is."""
    request = BREAKAGES[name](fixture)
    if isinstance(request, str):
        return request
    found = answer(fixture.system, *request)
    return "" if refused(found) else repr(found)[:300]


@pytest.mark.parametrize("fixture", understood(), ids=str)
def test_a_broken_payload_is_refused(fixture: Fixture):
    stands = {name for where, name in STANDS if where in {fixture.system, str(fixture)}}
    found = {name: said for name in BREAKAGES if name not in stands and (said := unbroken(fixture, name))}
    assert found == {}


@pytest.mark.parametrize(("where", "name"), STANDS, ids=str)
def test_what_is_said_to_stand_does(where: str, name: str):
    """The table holds nothing that is refused by now."""
    assert any(unbroken(one, name) for one in understood() if where in {one.system, str(one)})


def test_there_are_enough_ways_to_break_a_payload():
    assert len(BREAKAGES) >= 20
    assert set(IDS) >= set(names())
    assert set(TIMES) >= set(names())


@pytest.mark.parametrize("system", names())
def test_a_body_of_another_format_is_never_swallowed(system: str):
    others = [one for one in understood() if one.system != system]
    tried = [(one, answer(system, headers, one.body)) for one in others for headers in ({}, one.headers)]
    assert {str(one): repr(found)[:200] for one, found in tried if not refused(found)} == {}


def test_a_version_that_nobody_has_seen_is_refused():
    fixture = next(one for one in understood() if str(one) == "alertmanager/resolved.json")
    newer = fixture.body.replace(b'"version":"4"', b'"version":"5"')
    assert newer != fixture.body
    assert refused(answer("alertmanager", fixture.headers, newer))


def test_a_problem_names_the_record_and_never_its_words():
    fixture = next(one for one in understood() if str(one) == "alertmanager/firing-group-of-2.json")
    body = fixture.body.replace(b'"fingerprint":"3e984830f78663e8"', b'"fingerprint":["hunter2"]')
    with pytest.raises(Problem) as caught:
        take(mapping("alertmanager"), fixture.headers, body)
    assert caught.value.extra == {"index": 1}
    assert "/fingerprint" in caught.value.detail
    assert "hunter2" not in str(caught.value.document())


@pytest.mark.parametrize("fixture", understood(), ids=str)
def test_what_is_explained_is_what_is_read(fixture: Fixture):
    taken = take(mapping(fixture.system), fixture.headers, fixture.body)
    explained = explain(mapping(fixture.system), fixture.headers, fixture.body)
    assert [one.reading for one in explained if one.reading] == list(taken.readings)[:100]
    assert [one.index for one in explained if one.ignored] == [one.index for one in taken.ignored if one.index < 100]
    assert all(one.rule and not one.problem for one in explained)
