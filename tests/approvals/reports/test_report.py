"""The dataset: verdict, sentences and their guards, and bytes that depend on the facts alone."""

import json
import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import rfc8785

from approvals.reports.dataset import PAGES, canonical, report_of
from approvals.reports.facts import (
    ActualLoss,
    Ask,
    DecisionFact,
    Facts,
    FreezeFact,
    IncidentFact,
    Limits,
    LossModel,
    Replay,
    RestoreTest,
    Stop,
)
from tests.approvals.reports.factory import (
    END,
    MIDDLE,
    START,
    action,
    beyond,
    facts,
    failure,
    month,
    proposal,
    steady_year,
)

GREEN: dict[str, Any] = {"ledger_began": END - timedelta(days=400)}


def report(decisions: list[DecisionFact] | None = None, **over: Any) -> dict[str, Any]:
    return report_of(facts(decisions or [], **over))


def answer(made: dict[str, Any], place: int) -> dict[str, Any]:
    found: dict[str, Any] = made["questions"][place]
    return found


def good_year() -> list[DecisionFact]:
    return [
        d if d.verdict != "approve" else action(d.occurred_at, id=d.id) for d in steady_year(200, 20)
    ] + steady_year(40, 4)


@pytest.mark.parametrize(
    ("decisions", "over", "colour", "rule"),
    [
        ([], {}, "none", "verdict.none"),
        ([beyond()], {}, "red", "verdict.red.M1"),
        ([beyond(verdict="approve", verdict_at=MIDDLE)], {}, "red", "verdict.red.M2"),
        ([action(risk="high")], {}, "red", "verdict.red.M3"),
        ([action()], {"verified": False}, "red", "verdict.red.ledger"),
        ([failure()] * 40, {}, "amber", "verdict.amber.outside"),
        ([action()], {"ledger_began": END - timedelta(days=10)}, "amber", "verdict.amber.outside"),
        ([action()], {"verified": None}, "amber", "verdict.amber.not_verified"),
        (
            [action()],
            {"stops": (Stop(MIDDLE, 50),), "ledger_began": END - timedelta(days=400), "verified": None},
            "amber",
            "verdict.amber.watch",
        ),
        ([action()], GREEN, "green", "verdict.green"),
    ],
)
def test_the_verdict_follows_the_rule(
    decisions: list[DecisionFact], over: dict[str, Any], colour: str, rule: str
) -> None:
    made = report(decisions, **over)["verdict"]
    expected = {"verdict.red.M1": "verdict.red.M2"}.get(rule, rule)
    assert (made["colour"], made["head"]["rule"]) == (colour, expected)


def test_the_sentence_counts_by_status_and_names_the_worst_two() -> None:
    head = report([beyond(risk="high"), action(), failure()] * 20)["verdict"]["head"]["text"]
    assert head == (
        "Outside limit on four of eleven measures; six cannot be judged yet. 20 actions went beyond permitted autonomy, "
        "and 20 of 20 high-risk actions ran before a person decided."
    )


def test_a_quiet_good_month_is_said_to_be_within_limit() -> None:
    made = report(good_year(), **GREEN, as_of=END + timedelta(hours=72))
    assert made["verdict"]["colour"] == "green"
    assert made["verdict"]["head"]["text"] == "Within limit on six of eleven measures; five cannot be judged yet."
    assert made["verdict"]["notices"] == []
    assert made["meta"]["edition"] == "2026-10.1"


def test_an_empty_month_says_what_was_looked_for() -> None:
    made = report()
    assert (
        made["verdict"]["head"]["text"] == "No agent action is on record for October 2026: there is nothing to judge."
    )
    assert made["asks"]["items"] == []
    assert made["asks"]["none"].startswith("None.")
    assert made["changes"][0]["rule"] == "change.none"
    assert all(chart["kind"] == "empty" for chart in made["charts"].values())


def test_a_draft_before_72_hours_is_marked_immature() -> None:
    made = report([action()], as_of=END + timedelta(hours=71))
    assert made["meta"]["immature"] is True
    assert made["meta"]["edition"].endswith("draft")
    assert [line["rule"] for line in made["verdict"]["notices"]] == ["notice.immature"]


@pytest.mark.parametrize(
    ("replayed", "live", "text"),
    [
        (1, 2, "1 of the 3 actions is a replayed recording with a shifted time, not live operations."),
        (3, 0, "All 3 actions are replayed recordings with shifted times, not live operations."),
    ],
)
def test_page_one_says_how_many_are_recordings(replayed: int, live: int, text: str) -> None:
    made = report([action(replayed=True)] * replayed + [action()] * live)
    assert [line["text"] for line in made["verdict"]["notices"]] == [text]


def test_every_sentence_names_the_rule_that_made_it() -> None:
    made = report([beyond(), proposal("veto"), action(replayed=True)], asks=(Ask("Note", "Text.", "CRO", "10 Dec"),))
    lines = [made["verdict"]["head"], *made["verdict"]["lines"], *made["verdict"]["notices"], *made["changes"]]
    lines += [*made["questions"], *(s["lead"] for s in made["sections"]), *made["asks"]["items"]]
    assert all(line["rule"] and line["text"] for line in lines)
    assert len({line["rule"] for line in lines}) == len(lines)


def test_missing_owners_are_named_before_any_share() -> None:
    assert answer(report([action(owner_id=""), action()]), 0)["rule"] == "question.who.gap"
    assert answer(report([action(owner_id=""), action()]), 0)["text"].startswith("For 1 action nobody")
    assert answer(report([action()]), 0)["rule"] == "question.who"


def replay(drawn: int, *, independent: bool = True) -> Replay:
    return Replay(MIDDLE, "Internal Audit", drawn, drawn, independent, "the root of the month before")


@pytest.mark.parametrize(
    ("over", "rule"),
    [
        ({}, "question.audit.no_replay"),
        ({"replays": (replay(58),)}, "question.audit.few"),
        ({"replays": (replay(60, independent=False),)}, "question.audit.no_replay"),
        ({"replays": (replay(60),), "verified": False}, "question.audit.broken"),
        ({"replays": (replay(60),)}, "question.audit"),
    ],
)
def test_audit_is_claimed_only_with_enough_independent_replays(over: dict[str, Any], rule: str) -> None:
    made = answer(report([action()], **over), 1)
    assert made["rule"] == rule
    assert ("matched" in made["text"]) == (rule == "question.audit")


def test_exposure_is_given_in_money_only_from_a_reviewed_model() -> None:
    model = LossModel(MIDDLE, "EUR", 1, 2, 3, 2, 5)
    fresh = LossModel(MIDDLE, "EUR", 1, 2, 3, 2, 5, reviewed_at=START)
    tests = (RestoreTest("checkout", MIDDLE, 100, 90),)
    old = (RestoreTest("checkout", END - timedelta(days=91), 100, 90),)
    given = (((), tests), ((model,), tests), ((fresh,), ()), ((fresh,), old), ((fresh,), tests))
    found = [answer(report([action()], losses=losses, restores=restores), 2) for losses, restores in given]
    assert [one["rule"].removeprefix("question.exposure") for one in found] == [
        ".no_model",
        ".unreviewed",
        ".untested",
        ".untested",
        "",
    ]
    assert "90.0% of what agents can reach" in found[4]["text"]


def test_what_was_lost_is_told_by_month_and_year_and_currency() -> None:
    losses = (
        ActualLoss(MIDDLE, Decimal("1200.50"), "EUR", Decimal("200.50")),
        ActualLoss(month(3), Decimal(10), "EUR"),
        ActualLoss(month(3), Decimal(7), "USD"),
        ActualLoss(month(13), Decimal(1000000), "EUR"),
    )

    def told(**over: Any) -> str:
        return next(str(s["lead"]["text"]) for s in report([action()], **over)["sections"] if s["id"] == "cost")

    text = told(actual_losses=losses)
    assert "On record as lost: EUR 1,000.00 in the period, EUR 1,010.00 and USD 7.00 in twelve months." in text
    assert "No loss is on record" in told()


def incident(**over: Any) -> IncidentFact:
    return IncidentFact("It went wrong", MIDDLE, 2, harmful=True, accountable="Mira Tan", **over)


@pytest.mark.parametrize(
    ("over", "late"),
    [
        ({}, False),
        ({"report_due": END, "reported_at": END}, False),
        ({"report_due": END, "reported_at": END + timedelta(seconds=1)}, True),
        ({"report_due": END}, True),
        ({"report_due": END + timedelta(days=40)}, False),
    ],
)
def test_an_authority_that_was_not_told_in_time_is_red(over: dict[str, Any], late: bool) -> None:
    made = report(steady_year(), incidents=(incident(**over),))
    assert (made["verdict"]["head"]["rule"] == "verdict.red.deadline") is late
    assert ("notice.late" in [one["rule"] for one in made["verdict"]["notices"]]) is late


def test_limits_that_no_board_approved_are_said_to_be_none() -> None:
    notices = report([action()], limits=Limits())["verdict"]["notices"]
    assert "notice.limits" in [one["rule"] for one in notices]


def test_the_line_is_called_approved_only_when_the_board_approved_it() -> None:
    assert answer(report([action()], policy_version=None), 3)["rule"] == "question.line.no_policy"
    assert answer(report([action()]), 3)["rule"] == "question.line.unapproved"
    old = answer(report([action()], policy_board_approved_at=END - timedelta(days=400)), 3)
    assert old["rule"] == "question.line.unapproved"
    made = answer(report([action(), action(month(11))], policy_board_approved_at=END - timedelta(days=40)), 3)
    assert made["rule"] == "question.line"
    assert "Nothing crossed it; no attempt was refused." in made["text"]
    assert "(100.0% eleven months before)" in made["text"]


def test_changes_are_at_most_three_and_compare_only_what_exists() -> None:
    known = facts(
        [action(agent="new"), action(month(1), agent="old"), beyond(agent="old")],
        policy_activated_at=MIDDLE,
        freezes=(FreezeFact(MIDDLE, None, "everything"),),
    )
    made = report_of(known)["changes"]
    assert [line["rule"] for line in made] == ["change.policy", "change.freeze", "change.agents"]
    assert report([beyond()])["changes"][0]["rule"] == "change.none"


def test_repeats_are_one_line_and_the_gravest_come_first() -> None:
    harmed = action(effect="harmed", title="Delete pvc/a", id="h")
    table = report([beyond()] * 30 + [failure(title="Patch x"), harmed])["tables"]["exceptions"]
    assert [(row[1], row[2], row[-1]) for row in table["rows"]] == [
        ("Delete pvc/a", "1", "Harmed"),
        ("Patch x", "1", "Failed"),
        ("Roll back deploy/checkout-api on checko…", "30", "Beyond"),
    ]
    assert table["total"] == 32


def test_overdue_and_owed_sign_offs_are_told_apart() -> None:
    due: dict[str, Any] = {"sign_off": "required", "effect": ""}
    late, soon = action(sign_off_due=END, **due), action(sign_off_due=END + timedelta(days=30), **due)
    rows = dict(report([late, soon, soon])["tables"]["sign_offs"]["rows"])
    assert (rows["Overdue"], rows["Owed, within their time"]) == ("1", "2")


def test_the_same_facts_give_the_same_bytes_whatever_their_order() -> None:
    decisions = [*steady_year(20, 3), *(failure(month(k), id=f"f{k}") for k in range(5))]
    shuffled = decisions[:]
    random.Random(7).shuffle(shuffled)
    first, second = report(decisions), report(shuffled)
    assert canonical(report(decisions)) == canonical(first)
    for made in (first, second):
        made["rows"] = []
    assert canonical(first) == canonical(second)


def test_the_bytes_are_canonical_and_read_back_equal() -> None:
    made = report(steady_year(20, 3))
    body = canonical(made)
    assert json.loads(body) == made
    assert rfc8785.dumps(json.loads(body)) == body


def test_decisions_are_read_once_and_need_not_be_a_list() -> None:
    def stream() -> Any:
        yield from [action(), beyond()]

    known: Facts = facts(stream())
    assert report_of(known)["measures"][1]["value"] == 1


def test_measures_point_to_the_pages_of_their_sections() -> None:
    made = report([action()])
    assert all(m["page"] == PAGES[m["section"]] for m in made["measures"])
    assert [s["page"] for s in made["sections"]] == [2, 3, 4, 5, 6]
