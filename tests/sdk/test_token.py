"""Every point takes and refuses the same tokens. A vector that nobody checks must not be in the file."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oversight_sdk.errors import BadAnswer, ConfigError, GateUnavailable, TokenRefused
from oversight_sdk.keys import KeyCache, read_key_set
from oversight_sdk.seen import Seen, default_path
from oversight_sdk.steps import NoReply, Patience, Reply, Request, Steps, Work
from oversight_sdk.token import Verdict, Verifier
from tests.sdk import signing, vectors

ALL = json.loads(vectors.FILE.read_text(encoding="utf-8"))


SDK = Path(__file__).parents[2] / "sdk"


class Clock:
    def __init__(self, at: float = 0.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def driven(steps: Steps[Any], answers: list[dict[str, Any] | None]) -> Any:
    """The end of `steps`, where the gate gives `answers` one after the other; None is no answer."""
    got: Any = None
    try:
        while True:
            step = steps.send(got)
            if isinstance(step, Work):
                got = step.function()
            elif isinstance(step, Request):
                answer = answers.pop(0)
                got = NoReply("none") if answer is None else Reply(200, json.dumps(answer).encode())
            else:
                got = None
    except StopIteration as end:
        return end.value


def check(vector: dict[str, Any], tmp_path: Path) -> Verdict:
    verifier = Verifier(
        issuer=ALL["issuer"],
        audience=ALL["audience"],
        keys=KeyCache(),
        seen=Seen(tmp_path / "seen.sqlite3"),
        clock=lambda: vector.get("now", ALL["now"]),
    )
    action = vector.get("action", ALL["action"]).encode()
    answers = [vector.get("jwks", ALL["jwks"])]
    for earlier in vector.get("before", ()):
        driven(verifier.check(Patience(), earlier, action), answers)
    made: Verdict = driven(verifier.check(Patience(), vector["token"], action), answers)
    return made


def test_the_file_is_what_its_generator_makes():
    assert vectors.FILE.read_text(encoding="utf-8") == vectors.text()
    names = [vector["name"] for vector in [*ALL["accepted"], *ALL["refused"]]]
    assert len(names) == len(set(names)) > 50


@pytest.mark.parametrize("vector", ALL["accepted"], ids=lambda vector: vector["name"])
def test_a_good_token_is_taken(vector: dict[str, Any], tmp_path: Path):
    verdict = check(vector, tmp_path)
    assert (verdict.agent, verdict.basis) == (vectors.AGENT, "quorum")


@pytest.mark.parametrize("vector", ALL["refused"], ids=lambda vector: vector["name"])
def test_a_bad_token_is_refused_for_its_own_reason(vector: dict[str, Any], tmp_path: Path):
    with pytest.raises(TokenRefused) as refused:
        check(vector, tmp_path)
    assert refused.value.code == vector["code"]


def test_a_refused_token_is_not_used_up(tmp_path: Path):
    seen = Seen(tmp_path / "seen.sqlite3")
    seen.admit(target="t", fencing=5, jti="a", until=100, now=0)
    with pytest.raises(TokenRefused):
        seen.admit(target="t", fencing=5, jti="b", until=100, now=0)
    seen.admit(target="t", fencing=6, jti="b", until=100, now=0)


def test_tokens_are_forgotten_after_their_end_and_fences_never(tmp_path: Path):
    seen = Seen(tmp_path / "seen.sqlite3")
    seen.admit(target="t", fencing=5, jti="a", until=100, now=0)
    seen.admit(target="other", fencing=1, jti="b", until=300, now=101)
    with pytest.raises(TokenRefused) as refused:
        seen.admit(target="t", fencing=5, jti="a", until=100, now=101)
    assert refused.value.code == "fence"


RACER = """
import pathlib, sys
from oversight_sdk.errors import TokenRefused
from oversight_sdk.seen import Seen
print("ready", flush=True)
sys.stdin.readline()
try:
    Seen(pathlib.Path(sys.argv[1])).admit(target=sys.argv[2], fencing=5, jti="one", until=100, now=0)
    print("used")
except TokenRefused:
    print("refused")
"""


def test_of_two_processes_one_may_use_a_token(tmp_path: Path):
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, tmp_path / "seen.sqlite3", target],
            env={"PYTHONPATH": str(SDK)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for target in ("a", "b")
    ]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    assert sorted(racer.communicate(timeout=10)[0] for racer in racers) == ["refused\n", "used\n"]


def test_a_memory_that_others_may_write_is_refused(tmp_path: Path):
    path = tmp_path / "seen.sqlite3"
    path.touch()
    path.chmod(0o666)
    with pytest.raises(ConfigError):
        Seen(path).admit(target="t", fencing=1, jti="a", until=1, now=0)


def test_a_memory_that_is_broken_is_refused(tmp_path: Path):
    path = tmp_path / "seen.sqlite3"
    path.write_bytes(b"this is no database, and it is long enough to be taken for one" * 20)
    path.chmod(0o600)
    with pytest.raises(ConfigError):
        Seen(path).admit(target="t", fencing=1, jti="a", until=1, now=0)


def test_a_points_name_cannot_leave_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_path("../../etc/x").parent == tmp_path / "oversight"


def test_a_rotated_key_is_fetched_and_the_old_one_is_forgotten():
    old, new, clock = signing.make_key("old"), signing.make_key("new"), Clock()
    cache = KeyCache(clock=clock)
    driven(cache.find(Patience(), signing.kid_of(old)), [{"keys": [signing.jwk(old)]}])
    clock.at = 6
    driven(cache.find(Patience(), signing.kid_of(new)), [{"keys": [signing.jwk(new)]}])
    with pytest.raises(TokenRefused):
        driven(cache.find(Patience(), signing.kid_of(old)), [])


def test_unknown_names_do_not_make_it_fetch_again_and_again():
    key, clock = signing.make_key("old"), Clock()
    cache = KeyCache(clock=clock)
    driven(cache.warm(Patience()), [{"keys": [signing.jwk(key)]}])
    for _ in range(3):
        with pytest.raises(TokenRefused):
            driven(cache.find(Patience(), "unknown"), [])


def test_old_keys_are_not_believed_without_the_gate():
    key, clock = signing.make_key("old"), Clock()
    cache = KeyCache(clock=clock)
    driven(cache.warm(Patience()), [{"keys": [signing.jwk(key)]}])
    clock.at = 301
    with pytest.raises(GateUnavailable):
        driven(cache.find(Patience(seconds=0), signing.kid_of(key)), [None])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"keys": {}},
        {"keys": ["x"]},
        {"keys": [{}] * 65},
        {"keys": [{**signing.jwk(vectors.KEY), "d": "secret"}]},
        {"keys": [{**signing.jwk(vectors.KEY), "kid": "another"}]},
        {"keys": [{**signing.jwk(vectors.KEY), "x": signing.x_of(vectors.NEXT)}]},
        {"keys": [{**signing.jwk(vectors.KEY), "x": 7}]},
        {"keys": [{**signing.jwk(vectors.KEY), "x": signing.x_of(vectors.KEY) + "AA"}]},
    ],
)
def test_a_key_set_of_another_form_is_refused(body: dict[str, Any]):
    with pytest.raises(BadAnswer):
        read_key_set(body)


def test_keys_of_other_kinds_are_left_out():
    other = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "k", "alg": "ES256", "use": "sig"}
    assert list(read_key_set({"keys": [other, signing.jwk(vectors.KEY)]})) == [signing.kid_of(vectors.KEY)]
