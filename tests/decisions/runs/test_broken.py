"""A recorded run broken in any of many ways gives a problem, or less of the run. No run makes a reader stumble."""

import contextlib
import io
import json
import random
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.errors import Problem
from decisions.intake.reading import Reading, Says
from decisions.intake.runs import Format, detect, lines, read
from decisions.intake.runs.exits import exit_code_in, still_running
from decisions.intake.runs.lines import stamp
from decisions.vocab import Outcome
from tests.decisions.runs.test_recorded import FILES, LEARNING
from tests.recorded.reading import unpacked

ONE_OF_EACH = {format_: name for name, format_ in FILES.items()} | {Format.LEARNING_TRACE: LEARNING}


def told(format_: Format, body: bytes) -> list[Reading] | Problem:
    try:
        return list(read(format_, io.BytesIO(body)))
    except Problem as problem:
        return problem


def only(format_: Format, body: bytes) -> Reading:
    found = told(format_, body)
    assert isinstance(found, list)
    (one,) = found
    return one


Break = Callable[[bytes], bytes]
REFUSED: dict[str, Break] = {
    "half of it": lambda body: body[: len(body) // 2],
    "all but the last bytes": lambda body: body.rstrip()[:-1],
    "not UTF-8": lambda body: body.replace(b'": "', b'": "\xff', 1).replace(b'":"', b'":"\xff', 1),
    "a comma too much": lambda body: body.replace(b"{", b"{,", 1),
    "no colon": lambda body: body.replace(b":", b" ", 1),
    "single quotes": lambda body: body.replace(b'"', b"'", 2),
    "deep lists": lambda body: b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n" + body,
    "deep objects": lambda body: b'{"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}\n" + body,
    "UTF-16": lambda body: b"{" + body.decode().encode("utf-16")[:5000],
    "an open text": lambda body: body.replace(b'"', b'"\n', 1),
}


@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_run_is_refused(format_: Format, name: str):
    found = told(format_, REFUSED[name](unpacked(ONE_OF_EACH[format_])))
    assert isinstance(found, Problem), name
    assert 400 <= found.status < 500
    assert found.slug


NOT_A_RUN = [
    *(b"", b"null", b"7", b'"x"', b"[]", b"{}", b"{", b"\xff", b"{}\n{}\n", b"hello\nworld\n", b'{"type":"x"}'),
    *(b'{"type":7}', b'{"type":null,"data":{}}', b'{"specversion":"1.0","id":"1"}', b'[{"type":"session_meta"}]'),
    *(b'{"trace_id":"x"}', b'{"session_id":"x"}', b'{"schema_version":"ATIF-v9"}', b"<xml/>", b"PK\x03\x04"),
]


@pytest.mark.parametrize("head", NOT_A_RUN)
def test_what_is_no_run_is_refused(head: bytes):
    with pytest.raises(Problem) as caught:
        detect(head)
    assert caught.value.status == 415


@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize("body", NOT_A_RUN)
def test_what_is_no_run_tells_nothing(format_: Format, body: bytes):
    found = told(format_, body)
    assert found == [] or isinstance(found, Problem)


@pytest.mark.parametrize("format_", [Format.CLAUDE_CODE, Format.CODEX, Format.COPILOT_CLI, Format.GEMINI_CLI])
def test_what_a_program_wrote_beside_its_log_is_passed_over(format_: Format):
    body = unpacked(ONE_OF_EACH[format_])
    noise = b"\n".join(b"npm warn something\n\n" + line for line in body.splitlines()) + b"\nSession exported.\n"
    assert told(format_, noise) == told(format_, body)


@pytest.mark.parametrize("format_", [one for one in Format if one not in (Format.ATIF, Format.OPENCODE)])
def test_a_line_that_is_too_long_is_refused(format_: Format, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "MAX_LINE", 100)
    found = told(format_, b'{"type":"' + b"x" * 200 + b'"}\n')
    assert isinstance(found, Problem)
    assert found.status == 413


def test_a_document_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "MAX_DOCUMENT", 100)
    found = told(Format.ATIF, b" " * 101)
    assert isinstance(found, Problem)
    assert found.status == 413


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "MAX_LINES", 3)
    assert told(Format.CODEX, b"{}\n" * 3) == []
    assert isinstance(told(Format.CODEX, b"{}\n" * 4), Problem)


def test_what_no_store_keeps_is_replaced():
    line = {
        "type": "assistant",
        "sessionId": "s\0\ud800",
        "message": {"content": [{"type": "tool_use", "id": "t", "name": "x\0", "input": {"a": "\ud800", "n": 2**70}}]},
    }
    found = only(Format.CLAUDE_CODE, json.dumps(line).encode() + b"\n")
    assert "\0" not in str(found)
    json.dumps(dict(found.parameters)).encode()


def test_a_call_without_an_answer_has_an_unknown_outcome():
    line = {
        "type": "assistant",
        "sessionId": "s",
        "message": {
            "content": [{"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "kubectl delete pvc x"}}]
        },
    }
    found = only(Format.CLAUDE_CODE, json.dumps(line).encode())
    assert found.outcome is Outcome.UNKNOWN


def test_a_command_that_goes_on_is_answered_by_who_looks_after_it():
    def item(**payload: Any) -> bytes:
        return (
            json.dumps({"type": "response_item", "timestamp": "2026-01-01T00:00:00Z", "payload": payload}).encode()
            + b"\n"
        )

    start = '{"cmd":"kubectl rollout undo deploy/x -n y"}'
    body = b"".join(
        [
            item(type="function_call", call_id="a", name="exec_command", arguments=start),
            item(type="function_call_output", call_id="a", output="Process running with session ID 7\nOutput:\n"),
            item(type="function_call", call_id="b", name="write_stdin", arguments='{"session_id":7}'),
            item(type="function_call_output", call_id="b", output="Process running with session ID 7\nOutput:\n"),
            item(type="function_call", call_id="c", name="write_stdin", arguments='{"session_id":7}'),
            item(
                type="function_call_output",
                call_id="c",
                output="Process exited with code 0\nOutput:\ndeployment.apps/x rolled back\n",
            ),
        ]
    )
    found = told(Format.CODEX, body)
    assert isinstance(found, list)
    (act,) = [one for one in found if one.says is Says.ACTION]
    assert act.outcome is Outcome.SUCCEEDED
    assert act.decision == "a"


def test_a_refusal_by_people_is_no_execution():
    call = {"id": "c", "name": "run_shell_command", "args": {"command": "kubectl delete pvc x"}, "status": "cancelled"}
    line = {"id": "m", "type": "gemini", "content": "", "toolCalls": [call]}
    found = only(Format.GEMINI_CLI, json.dumps(line).encode())
    assert found.outcome is Outcome.NOT_EXECUTED


def test_a_message_that_grows_counts_once():
    def line(**more: Any) -> bytes:
        return json.dumps({"id": "m", "type": "gemini", "content": "", **more}).encode() + b"\n"

    thought = {"subject": "Plan", "description": "Restart it."}
    call = {"id": "c", "name": "run_shell_command", "args": {"command": "kubectl rollout restart deploy/x"}}
    done = {
        **call,
        "status": "success",
        "result": [{"functionResponse": {"response": {"output": "deployment.apps/x restarted"}}}],
    }
    body = (
        line(thoughts=[thought])
        + line(thoughts=[thought], toolCalls=[call])
        + line(thoughts=[thought], toolCalls=[done])
        + line(thoughts=[thought], toolCalls=[done])
    )
    found = only(Format.GEMINI_CLI, body)
    assert found.outcome is Outcome.SUCCEEDED
    assert found.rationale == "Plan: Restart it."


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("Exit code 1\nboom", 1),
        ("Wall time: 1 s\nProcess exited with code 0\nOutput:\nx", 0),
        ("Process running with session ID 4\nOutput:\nProcess exited with code 3", None),
        ("done\n<shellId: 7 completed with exit code 2>", 2),
        ('out\n[metadata] {"exit": 5}', 5),
        ("the docs say exit code 7 means nothing", None),
        ("<untrusted_context>\nOutput: x\nExit Code: 1\nProcess Group PGID: 302\n</untrusted_context>", 1),
        ("some words\nExit code 7\nmore words", None),
        ("", None),
        ("x" * 100_000 + "\n<shellId: a completed with exit code 0>", 0),
    ],
)
def test_an_exit_code_is_what_the_tool_says_and_not_the_program(answer: str, code: int | None):
    assert exit_code_in(answer) == code


def test_a_program_that_goes_on_has_a_number():
    assert still_running("Process running with session ID 4\nOutput:\n") == "4"
    assert still_running("Process exited with code 0\nOutput:\nProcess running with session ID 4") == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-06-29T05:30:46.783Z", "2026-06-29T05:30:46.783000+00:00"),
        ("2026-06-29T05:30:46+02:00", "2026-06-29T03:30:46+00:00"),
        (1764667102.28, "2025-12-02T09:18:22.280000+00:00"),
        (1782797808073, "2026-06-30T05:36:48.073000+00:00"),
        (-1e300, None),
        (1e300, None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (True, None),
        (None, None),
    ],
)
def test_a_time_is_read_in_whatever_form_it_has(value: Any, expected: str | None):
    found = stamp(value)
    assert (found.isoformat() if found else None) == expected


class Endless(io.RawIOBase):
    """A run of so many lines that nobody could hold them, made as they are read."""

    def __init__(self, count: int) -> None:
        self._lines = self._made(count)
        self._rest = b""

    @staticmethod
    def _made(count: int) -> Iterator[bytes]:
        for at in range(count):
            part = {"type": "tool_use", "id": f"t{at}", "name": "Bash", "input": {"command": "ls", "pad": "x" * 1000}}
            yield json.dumps({"type": "assistant", "sessionId": "s", "message": {"content": [part]}}).encode() + b"\n"
            answer = {"type": "tool_result", "tool_use_id": f"t{at}", "content": "y" * 1000}
            yield json.dumps({"type": "user", "sessionId": "s", "message": {"content": [answer]}}).encode() + b"\n"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._rest = self._rest or next(self._lines, b"")
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def test_a_long_run_is_read_as_it_comes():
    tracemalloc.start()
    try:
        count = 0
        for _ in read(Format.CLAUDE_CODE, io.BufferedReader(Endless(1500))):
            count += 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 1500
    assert peak < 3_000_000


@given(st.sampled_from(list(Format)), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_changed_bytes_never_make_it_stumble(format_: Format, seed: int):
    chance = random.Random(seed)
    body = bytearray(
        unpacked(ONE_OF_EACH[format_])[: 20_000 if format_ not in (Format.ATIF, Format.OPENCODE) else None]
    )
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(body))
        body[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
    found = told(format_, bytes(body))
    assert not isinstance(found, Problem) or found.status < 500


WORDS = st.sampled_from(
    [
        "type",
        "id",
        "role",
        "name",
        "message",
        "content",
        "tool_use",
        "tool_result",
        "assistant",
        "user",
        "text",
        "thinking",
        "input",
        "toolCalls",
        "gemini",
        "data",
        "payload",
        "response_item",
        "function_call",
        "call_id",
        "arguments",
        "toolCallId",
        "toolName",
        "tool.execution_start",
        "steps",
        "agent",
        "source",
        "tool_calls",
        "observation",
        "results",
        "messages",
        "info",
        "parts",
        "tool",
        "state",
        "status",
        "event",
        "stage",
        "AIMessage",
        "ToolMessage",
        "args",
        "record",
        "thinking_steps",
        "timestamp",
        "$set",
        "functionResponse",
        "session_meta",
        "metadata",
        "problem_id",
        "schema_version",
        "ATIF-v1.7",
    ]
)
VALUES = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=25,
)
BODIES = st.lists(st.dictionaries(WORDS, VALUES, max_size=8), max_size=4)


def reads_any_json(format_: Format, objects: list[dict[str, Any]]) -> None:
    body = b"\n".join(json.dumps(one).encode() for one in objects)
    found = told(format_, body)
    if not isinstance(found, Problem):
        assert all(one.id and one.kind for one in found)
    with contextlib.suppress(Problem):
        assert detect(body) in Format


@given(st.sampled_from(list(Format)), BODIES)
@settings(max_examples=150, deadline=None)
def test_no_json_makes_a_reader_stumble(format_: Format, objects: list[dict[str, Any]]):
    reads_any_json(format_, objects)


@pytest.mark.deep
@given(st.sampled_from(list(Format)), BODIES)
@settings(max_examples=20_000, deadline=None)
def test_no_json_makes_a_reader_stumble_many_times(format_: Format, objects: list[dict[str, Any]]):
    reads_any_json(format_, objects)
