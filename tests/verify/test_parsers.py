"""The forms that everything is read from: one spelling each, and never a traceback."""

import contextlib
from typing import Any

import pytest
import rfc8785
from hypothesis import assume, given
from hypothesis import strategies as st

from oversight_verify.counters import Numbers
from oversight_verify.faults import Refuted, Unreadable
from oversight_verify.keys import LOG, WITNESS, read_key
from oversight_verify.layout import Tile, read_path
from oversight_verify.leaf import read_canonical
from oversight_verify.note import DASH, read_checkpoint
from oversight_verify.pair import read_proof
from oversight_verify.policy import read_policy
from oversight_verify.strict import read_base64, read_decimal, shown
from tests.verify import writer

KEY, WITNESS_KEY = writer.LOG.vkey, writer.WITNESSES[0].vkey
NOTE = writer.checkpoint([writer.leaf_hash(b"a")], writer.LOG, *writer.WITNESSES)
POLICY = writer.two_witnesses()


@pytest.mark.parametrize(
    "text", ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "1.0", "1e3", "\u0661", "0x1", "1" * 19]
)
def test_a_number_has_one_spelling(text: str):
    with pytest.raises(Unreadable):
        read_decimal(text, "it")


@given(st.integers(0, 10**18 - 1))
def test_a_plain_number_is_read(number: int):
    assert read_decimal(str(number), "it") == number


@pytest.mark.parametrize(
    "text", ["QQ", "QQ=", "QR==", "QQ==\n", " QQ==", "QQ==QQ==", "Q-==", "Q", "=", "QQ===", "ÄÄ==", "QQ=="[::-1]]
)
def test_base64_has_one_spelling(text: str):
    with pytest.raises(Unreadable):
        read_base64(text, "it")


@given(st.binary())
def test_base64_is_read(raw: bytes):
    assert read_base64(writer.b64(raw), "it") == raw
    with pytest.raises(Unreadable):
        read_base64(writer.b64(raw), "it", len(raw) + 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n1\n", "\n01\n"), ("\n1\n", "\n1\nextension\n"), ("\n1\n", "\n\n1\n"), ("\n1\n", "\n"), ("\n\n", "\n"), ("\n\n", "\n\n\n"),
        (DASH, "-"), (f"{DASH} ", f"{DASH}  "), (f"{DASH} ", DASH), ("witness", "wit ness"), ("witness", "wit\u00a0ness"),
        ("witness", "wit+ness"), ("witness.example/w1 ", " "), ("\n1\n", "\n1\r\n"), ("witness", "wit\tness"), ("oversight.example", "\x00"),
    ],
)  # fmt: skip
def test_a_checkpoint_has_one_spelling(before: str, after: str):
    assert before in NOTE.decode()
    with pytest.raises(Unreadable):
        read_checkpoint(NOTE.decode().replace(before, after, 1).encode())


def test_a_checkpoint_that_is_not_ended_is_too_long_or_not_text_is_refused():
    for raw in (
        NOTE[:-1],
        NOTE + b"\n",
        NOTE + b"x",
        b"",
        b"\n\n",
        NOTE.replace(b"example", b"\xff"),
        NOTE + NOTE.splitlines(True)[-1] * 62,
    ):
        with pytest.raises(Unreadable):
            read_checkpoint(raw)
    assert len(read_checkpoint(NOTE + NOTE.splitlines(keepends=True)[-1] * 61).signatures) == 64
    with pytest.raises(Unreadable):
        read_checkpoint(NOTE.replace(b"oversight", b"o" * 262_144))


@given(st.binary() | st.text().map(str.encode), st.integers(0, len(NOTE)), st.integers(0, len(NOTE)))
def test_a_made_up_checkpoint_is_read_exactly_or_not_at_all(made_up: bytes, start: int, end: int):
    raw = NOTE[:start] + made_up + NOTE[end:]
    try:
        found = read_checkpoint(raw)
    except Unreadable:
        return
    lines = "".join(f"{DASH} {one.name} {writer.b64(one.key_id + one.raw)}\n" for one in found.signatures)
    assert f"{found.origin}\n{found.size}\n{writer.b64(found.root)}\n\n{lines}".encode() == raw


def test_a_key_is_for_one_use_and_carries_its_own_id():
    assert str(read_key(KEY, LOG)).startswith(writer.ORIGIN)
    assert read_key(WITNESS_KEY, WITNESS).public == writer.WITNESSES[0].public
    name, key_id, encoded = KEY.split("+", 2)
    for text in (
        WITNESS_KEY, f"{name}+{key_id.upper()}+{encoded}", f"{name}+00000000+{encoded}", f"{name}+{key_id}+{encoded[:-4]}", f"+{key_id}+{encoded}",
        f"{name} +{key_id}+{encoded}", f"x{name}+{key_id}+{encoded}", f"{name}+{encoded}", f"{name}+{key_id}+{encoded}+", f" {KEY}", "", "++",
    ):  # fmt: skip
        with pytest.raises(Unreadable):
            read_key(text, LOG)


def test_a_policy_is_read_with_comments_addresses_and_tabs():
    lines = f"# whom we trust\n\n\tlog {KEY} https://log.example\n  witness W\t{WITNESS_KEY}   https://w.example \n#end\nquorum W\n"
    policy = read_policy(lines.encode())
    assert (len(policy.logs), list(policy.witnesses), policy.quorum) == (1, ["W"], "W")


TWO = f"witness A {writer.WITNESSES[0].vkey}\nwitness B {writer.WITNESSES[1].vkey}\n"


@pytest.mark.parametrize(
    "text",
    [
        "", "quorum none", f"log {KEY}\n", f"log {KEY}\nquorum none\nquorum none\n", f"log {KEY}\nlog {KEY}\nquorum none\n",
        f"log {WITNESS_KEY}\nquorum none\n", f"witness W {KEY}\nquorum W\n", f"log {KEY}\nquorum W\n", f"quorum A\n{TWO}",
        f"{TWO}group g 3 A B\nquorum g\n", f"{TWO}group g 0 A B\nquorum g\n", f"{TWO}group g 01 A B\nquorum g\n", f"{TWO}group g +1 A B\nquorum g\n",
        f"{TWO}group g all\nquorum g\n", f"{TWO}group g any A A\nquorum g\n", f"{TWO}group g any A\ngroup h any A\nquorum g\n",
        f"{TWO}group g any none\nquorum g\n", f"{TWO}group g any h\ngroup h any A\nquorum g\n", f"{TWO}group A any B\nquorum A\n",
        f"{TWO}witness A {writer.Signer('w3', 4).vkey}\nquorum A\n", f"{TWO}group none any A\nquorum none\n", f"{TWO}group g any g\nquorum g\n",
        f"witness none {WITNESS_KEY}\nquorum none\n", f"log {KEY}\r\nquorum none\r\n", f"log {KEY}\x0b\nquorum none\n", f"Log {KEY}\nquorum none\n",
        f"log {KEY} a b\nquorum none\n", "quorum\n", "witness A\nquorum none\n", f"log\u00a0{KEY}\nquorum none\n",
    ],
)  # fmt: skip
def test_a_policy_of_another_form_is_refused(text: str):
    with pytest.raises(Unreadable):
        read_policy(text.encode())


def test_a_log_cannot_be_its_own_witness():
    log, own = writer.Signer(writer.ORIGIN), writer.Signer("witness.example/own", 4)
    own.public = log.public
    own.id = writer.sha256(own.name.encode() + b"\n\x04" + own.public)[:4]
    with pytest.raises(Unreadable, match="named twice"):
        read_policy(f"log {log.vkey}\nwitness W {own.vkey}\nquorum W\n".encode())


def test_names_are_bytes_and_not_folded():
    """A Kelvin sign is not a K, and bytes that are no UTF-8 are a name as good as any."""
    names = (b"K", b"\xe2\x84\xaa", b"\xe2\x84")
    lines = [b"witness %s %s\n" % (name, writer.Signer(f"w{at}", 4).vkey.encode()) for at, name in enumerate(names)]
    policy = read_policy(b"".join(lines) + b"group g 2 K \xe2\x84\xaa \xe2\x84\nquorum g\n")
    assert not policy.met_by(frozenset(["K"]))
    assert policy.met_by(frozenset(["K", "\u212a"]))


def test_the_recommended_limits_fit():
    witnesses = [f"witness w{at} {writer.Signer(f'w{at}', 4).vkey}\n" for at in range(64)]
    logs = [f"log {writer.Signer(f'l{at}').vkey}\n" for at in range(64)]
    groups = [f"group g{at} any {f'g{at - 1}' if at else 'w0'}\n" for at in range(64)]
    assert read_policy("".join([*logs, *witnesses, *groups, "quorum g63\n"]).encode()).met_by(frozenset(["w0"]))
    with pytest.raises(Unreadable):
        read_policy("".join([*logs, f"log {KEY}\nquorum none\n"]).encode())


@given(st.binary() | st.text().map(str.encode), st.integers(0, len(POLICY)), st.integers(0, len(POLICY)))
def test_a_made_up_policy_is_never_a_traceback(made_up: bytes, start: int, end: int):
    try:
        found = read_policy(POLICY[:start] + made_up + POLICY[end:])
    except Unreadable:
        return
    found.met_by(frozenset(found.witnesses))
    assert found.quorum == "none" or not found.met_by(frozenset())


@given(st.text() | st.text("0123456789+/= .-\n" + DASH))
def test_a_made_up_key_or_proof_is_never_a_traceback(text: str):
    assume(text != KEY)
    with pytest.raises(Unreadable):
        read_key(text, LOG)
    with contextlib.suppress(Unreadable):
        assert all(len(part) == 32 for part in read_proof(text.encode(errors="replace")))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53 - 1), 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcz_09", max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_another_encoder_calls_canonical_is_read(value: Any):
    raw = rfc8785.dumps(value)
    assert read_canonical(raw) == value
    assert writer.canonical(value) == raw


@given(st.binary() | st.text().map(str.encode) | JSON.map(writer.canonical), st.integers(0, 60), st.binary(max_size=3))
def test_made_up_bytes_are_refuted_or_have_one_form(raw: bytes, at: int, inserted: bytes):
    raw = raw[:at] + inserted + raw[at:]
    try:
        value = read_canonical(raw)
    except Refuted:
        return
    assert writer.canonical(value) == raw


@given(st.sampled_from([None, *range(64)]), st.integers(0, 10**12), st.integers(1, 256))
def test_a_tile_has_one_path(level: int | None, number: int, width: int):
    tile = Tile(level, number, width)
    expected = f"tile/{'entries' if level is None else level}/{writer.number(number)}" + (
        f".p/{width}" if width < 256 else ""
    )
    assert tile.path == expected
    assert read_path(tile.path) == tile


def test_the_example_of_the_specification():
    assert Tile(0, 1_234_067).path == "tile/0/x001/x234/067"


@given(st.text() | st.text("0123456789x/.p", max_size=30).map("tile/0/".__add__))
def test_a_made_up_path_is_no_tile_or_the_path_of_one(path: str):
    tile = read_path(path)
    assert tile is None or tile.path == path


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(0, 60))
def test_ranges_hold_what_was_added(numbers: list[int], cut: int):
    first, second = Numbers(), Numbers()
    for number in numbers[:cut]:
        first.add(number)
    for number in numbers[cut:]:
        second.add(number)
    first.take(second)
    held = {number for low, high in first.ranges for number in range(low, high + 1)}
    assert held == set(numbers)
    assert first.ranges == sorted(first.ranges)
    left_out = {number for low, high in first.gaps() for number in range(low, high + 1)}
    assert left_out == (set(range(min(numbers), max(numbers))) - held if numbers else set())
    assert first.twice == len(numbers) - len(set(numbers))


@given(st.text())
def test_what_is_shown_cannot_move_a_cursor(text: str):
    assert shown(text).isprintable()
    assert len(shown(text)) <= 121
