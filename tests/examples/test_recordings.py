"""The recorded actions reach the product as they were recorded. Nothing must be added, dropped or smoothed."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from examples.recordings import NO_TIME, Recording, action_of, read_lines, read_mapping, recordings, shifted, undo_of

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LINES = read_lines()
MAPPING = read_mapping()


@pytest.fixture(scope="module")
def found() -> list[Recording]:
    return recordings(LINES, MAPPING)


@pytest.fixture(scope="module")
def moved(found: list[Recording]) -> list[Recording]:
    return shifted(found, NOW)


def test_it_has_every_action_with_its_outcome(found: list[Recording]) -> None:
    outcomes = Counter(one.event["data"]["outcome"]["status"] for one in found)
    assert len(found) == 136
    assert outcomes == {"succeeded": 89, "failed": 27, "no_change": 14, "unknown": 6}


def test_an_agents_own_success_flag_decides_nothing(found: list[Recording]) -> None:
    claimed = Counter(
        one.event["data"]["outcome"]["status"]
        for line, one in zip(LINES, found, strict=True)
        if line.get("tool_success")
    )
    assert claimed["failed"] == 27
    assert claimed["unknown"] == 1


def test_reasoning_target_result_and_arguments_are_verbatim(found: list[Recording]) -> None:
    for line, one in zip(LINES, found, strict=True):
        data = one.event["data"]
        assert data["rationale"] == line["reasoning"]
        assert data["action"]["target"].get("resource") == line["target"]
        assert data["action"]["kind"] == line["action_kind"]
        assert data["outcome"]["detail"] == line["result"]
        assert data["episode"] == line["trace_id"]
        assert data["trigger"]["id"] == line["incident"]["problem_id"]
        parameters = data["action"]["parameters"]
        said = {**parameters.get("arguments", {}), "command": parameters.get("command")}
        recorded = {"command": None, **line["arguments"]}
        recorded["command"] = recorded.pop("cmd", None) or recorded["command"]
        assert said == recorded
        assert parameters["tool"] == line["tool"]


def test_what_no_recording_states_is_left_out(found: list[Recording]) -> None:
    for line, one in zip(LINES, found, strict=True):
        assert {"confidence", "evidence", "alternatives", "estimate"}.isdisjoint(one.event["data"])
        assert "undo" not in one.event["data"]["action"]
        assert one.event["data"].get("model", {}).get("name") == line["agent"].get("model")


def test_no_two_events_share_an_identity(found: list[Recording]) -> None:
    assert len({one.event["id"] for one in found}) == 136
    assert len({(one.agent, one.event["data"]["decision"]) for one in found}) == 136


def test_identities_are_the_same_each_time(found: list[Recording]) -> None:
    assert [one.event["id"] for one in recordings(read_lines(), read_mapping())] == [one.event["id"] for one in found]


def test_two_without_a_time_follow_their_neighbour_and_say_so(found: list[Recording]) -> None:
    untimed = [at for at, one in enumerate(found) if not one.time_stated]
    assert len(untimed) == 2
    for at in untimed:
        assert found[at].recorded_at - found[at - 1].recorded_at == timedelta(seconds=1)
        assert NO_TIME in found[at].event["data"]["trigger"]["description"]
    assert sum(NO_TIME in one.event["data"]["trigger"].get("description", "") for one in found) == 2


def test_a_first_record_without_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no time"):
        recordings([{**LINES[0], "time": None}], MAPPING)


def test_an_unknown_target_is_refused_rather_than_guessed() -> None:
    with pytest.raises(KeyError):
        action_of({**LINES[1], "target": "deployment/nobody-mapped-this"}, MAPPING)


def test_shifting_loses_nothing_and_changes_only_the_time(found: list[Recording], moved: list[Recording]) -> None:
    before = {one.event["id"]: {**one.event, "time": ""} for one in found}
    assert {one.event["id"]: {**one.event, "time": ""} for one in moved} == before


def test_order_and_gaps_within_an_episode_are_kept(found: list[Recording], moved: list[Recording]) -> None:
    after = {one.event["id"]: one.at for one in moved}
    for first, second in pairwise(found):
        if first.episode == second.episode:
            assert after[second.event["id"]] - after[first.event["id"]] == second.recorded_at - first.recorded_at
    assert [one.at for one in moved] == sorted(one.at for one in moved)


def test_a_run_without_its_own_time_stays_beside_its_neighbour(found: list[Recording], moved: list[Recording]) -> None:
    after = {one.event["id"]: one.at for one in moved}
    for at, one in enumerate(found):
        if not one.time_stated:
            assert after[one.event["id"]] - after[found[at - 1].event["id"]] == timedelta(seconds=1)


def test_they_lie_in_the_last_three_months_by_day_and_night(moved: list[Recording]) -> None:
    assert NOW - timedelta(days=93) <= moved[0].at
    assert moved[-1].at <= NOW
    assert {one.at.month for one in moved} >= {9, 10, 11}
    hours = {one.at.hour in range(8, 19) for one in moved}
    assert hours == {True, False}
    months = Counter(one.at.strftime("%Y-%m") for one in moved)
    assert all(months[month] >= 15 for month in ("2026-09", "2026-10", "2026-11"))


@pytest.mark.parametrize("day", range(0, 400, 13))
def test_any_day_gives_the_same_times_each_time_and_none_in_the_future(found: list[Recording], day: int) -> None:
    now = NOW + timedelta(days=day, hours=day % 24)
    moved = shifted(found, now)
    assert moved == shifted(found, now)
    assert moved[-1].at <= now
    assert len(moved) == 136


def test_an_undo_is_stated_only_where_the_cluster_has_one() -> None:
    undone = [line for line in LINES if undo_of(line)]
    assert undone
    assert {line["target"].split("/")[0] for line in undone} == {"deployment"}
    assert not any(line["action_kind"] in {"delete", "scale", "traffic_routing", "rollback"} for line in undone)


def test_the_file_is_the_one_that_was_recorded() -> None:
    assert {line["source"]["licence"] for line in LINES} == {"MIT"}
    assert {line["source"]["commit"][:7] for line in LINES} == {"29980fa", "ba07faf"}
    assert max(len(json.dumps(one.event)) for one in recordings(LINES, MAPPING)) < 64 * 1024
