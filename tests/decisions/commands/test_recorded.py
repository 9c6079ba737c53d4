"""Commands of real agents against what was found in them before, by pattern. Where the two differ, one of them is said to be right."""

from collections import Counter

import pytest

from decisions.intake.commands import classify, outcome_of
from decisions.intake.commands.kubernetes import singular
from decisions.kinds import UNCLASSIFIED
from decisions.vocab import Outcome
from tests.recorded.reading import DECISIONS, RUNS, Decision, command_of

KIND_DIFFERS = {
    # A persistent volume is no workload: a rollback of its revision does not exist, so nobody can say it is reversible.
    0: ("patch_workload", "apply_manifest"),
    # A patch of the number of replicas alone scales, and must meet the rules for scaling.
    46: ("patch_workload", "scale"),
}
"""Line of the recording → what the pattern said and what is right."""

TARGET_DIFFERS = {
    # The pattern knew no target of a manifest that stands in the command, nor of `exec`.
    9: "networkpolicy/allow-user-to-mongodb-user",
    23: "deployment/frontend",
    70: "service/mongodb-geo",
    122: "pod/mongodb-geo-5448bf9545-vgd7n",
}

NAMESPACE_DIFFERS = {70: "hotel-reservation"}

NOT_A_COMMAND = ("llm_learning_network_policy_block_20251202_032432_1764667472292_diagnosis", 14)
"""A sentence of English that an agent gave to a tool for kubectl. The tool refused it; the pattern took it for a look.
Nobody can say that what it asks for would only have read, so it is an act that was not executed."""

OUTCOMES = {
    "applied": {Outcome.SUCCEEDED},
    "no_op": {Outcome.NO_CHANGE},
    "unknown": {Outcome.UNKNOWN},
    "rejected_or_failed": {Outcome.FAILED, Outcome.NOT_EXECUTED},
}


def with_commands() -> list[tuple[int, Decision]]:
    return [(at, line) for at, line in enumerate(DECISIONS) if command_of(line["arguments"])]


def normal(target: str | None) -> str:
    kind, _, name = (target or "").partition("/")
    return f"{singular(kind)}/{name}" if name else ""


def test_the_recording_is_all_there() -> None:
    assert len(DECISIONS) == 136
    assert len(with_commands()) == 125
    assert sum(len(run["tool_calls"]) for run in RUNS) == 723


@pytest.mark.parametrize(("at", "line"), with_commands(), ids=[str(at) for at, _ in with_commands()])
def test_a_recorded_act_has_its_kind_and_target(at: int, line: Decision) -> None:
    found = classify(command_of(line["arguments"]))
    before, right = KIND_DIFFERS.get(at, (line["action_kind"], line["action_kind"]))
    assert (line["action_kind"], found.kind) == (before, right)
    assert found.resource == TARGET_DIFFERS.get(at, normal(line["target"]))
    assert found.namespace == (line["namespace"] or NAMESPACE_DIFFERS.get(at, ""))


def test_only_recorded_acts_are_acts() -> None:
    acts = {(line["trace_id"], line["source"].get("tool_call_index")) for line in DECISIONS}
    counted: Counter[str] = Counter()
    for run in RUNS:
        for at, call in enumerate(run["tool_calls"]):
            command = command_of(call["arguments"])
            if not command:
                continue
            place = (run["trace_id"], at)
            found = classify(command)
            counted["reads" if found.reads else "acts"] += 1
            if place == NOT_A_COMMAND:
                assert found.kind == UNCLASSIFIED
            else:
                assert found.reads == (place not in acts), command
    # 129 acts, of which 11 have no command; and the sentence.
    assert counted == {"reads": 431, "acts": 119}


@pytest.mark.parametrize(("at", "line"), list(enumerate(DECISIONS)), ids=map(str, range(len(DECISIONS))))
def test_the_outcome_is_what_the_answer_shows(at: int, line: Decision) -> None:
    assert outcome_of(line["result"]) in OUTCOMES[line["derived_outcome"]]


def test_an_agents_own_flag_is_no_outcome() -> None:
    claimed = Counter(outcome_of(line["result"]) for line in DECISIONS if line.get("tool_success"))
    assert claimed[Outcome.FAILED] + claimed[Outcome.NOT_EXECUTED] == 27
    assert claimed[Outcome.UNKNOWN] == 1


@pytest.mark.parametrize(
    ("answer", "exit_code", "outcome"),
    [
        ("deployment.apps/x patched\n", None, Outcome.SUCCEEDED),
        ("deployment.apps/x patched\ndeployment.apps/y patched (no change)\n", None, Outcome.SUCCEEDED),
        ("deployment.apps/x unchanged\n", None, Outcome.NO_CHANGE),
        ("service/x unchanged\n", 0, Outcome.NO_CHANGE),
        ("deployment.apps/x image updated\n", None, Outcome.SUCCEEDED),
        ("node/x cordoned\nevicting pod a/b\nnode/x drained\n", None, Outcome.SUCCEEDED),
        ("node/x already cordoned\n", None, Outcome.NO_CHANGE),
        ('pod "x" force deleted from y namespace\n', None, Outcome.SUCCEEDED),
        ("service/x created\nservice/y unchanged\nservice/z pruned\n", None, Outcome.SUCCEEDED),
        ("Edit cancelled, no changes made.\n", 0, Outcome.NO_CHANGE),
        ("No resources found in x namespace.\n", 0, Outcome.NO_CHANGE),
        ('Error from server (AlreadyExists): services "x" already exists\n', 1, Outcome.FAILED),
        ("deployment.apps/x skipped rollback (current template already matches revision 4)", 0, Outcome.NO_CHANGE),
        ('pod "x" deleted\nError from server (NotFound): pods "y" not found\n', 1, Outcome.PARTIAL),
        ('Error from server (Forbidden): pods is forbidden: User "x" cannot delete', 1, Outcome.FAILED),
        ("Error from server (NotFound): x", None, Outcome.FAILED),
        ("error: unknown flag: --x", None, Outcome.FAILED),
        (
            "The connection to the server localhost:8080 was refused - did you specify the right host?",
            1,
            Outcome.FAILED,
        ),
        ("", 1, Outcome.FAILED),
        ("", 0, Outcome.SUCCEEDED),
        ("", None, Outcome.UNKNOWN),
        ("some words", None, Outcome.UNKNOWN),
        ("it was a great success", None, Outcome.UNKNOWN),
        ("deployment.apps/x patched (server dry run)", None, Outcome.UNKNOWN),
        ("Connection closed", None, Outcome.UNKNOWN),
        ("read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer", 1, Outcome.UNKNOWN),
        ("error: timed out waiting for the condition", 1, Outcome.UNKNOWN),
        ("", 124, Outcome.UNKNOWN),
        ("", 137, Outcome.UNKNOWN),
        ("bash: line 1: kubectl: command not found", 127, Outcome.NOT_EXECUTED),
        ("The user doesn't want to proceed with this tool use. The tool use was rejected", None, Outcome.NOT_EXECUTED),
        ("Command Rejected: Only kubectl commands are allowed.", 0, Outcome.NOT_EXECUTED),
        ("Command Rejected: Error executing kubectl command:\nError from server (NotFound): x", None, Outcome.FAILED),
        ('Release "web" has been upgraded. Happy Helming!', 0, Outcome.SUCCEEDED),
        ("Rollback was a success! Happy Helming!", None, Outcome.SUCCEEDED),
        ("x" * 1_000_000 + "\nError from server (NotFound): y", None, Outcome.FAILED),
    ],
)
def test_without_a_sign_of_it_nothing_succeeded(answer: str, exit_code: int | None, outcome: Outcome) -> None:
    assert outcome_of(answer, exit_code) == outcome


def test_a_tool_that_says_it_failed_is_believed() -> None:
    assert outcome_of("whatever", errored=True) == Outcome.FAILED
    assert outcome_of("Connection closed", errored=True) == Outcome.UNKNOWN


@pytest.mark.parametrize(
    "piece", ["a ", "\n", " (", "(no change) ", 'x "', "Error ", "the connection to the server ", '"\n"']
)
def test_a_long_answer_is_read_in_reasonable_time(piece: str) -> None:
    outcome_of(piece * (400_000 // len(piece)))
