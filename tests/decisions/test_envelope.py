"""The form of an entry: a leaf that discloses nothing by itself, and disclosures that are bound to it."""

import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import envelope
from decisions.canonical import NotStrictError
from decisions.envelope import Draft, disclosure_digest, named_uuid, open_entry, open_leaf, seal, timestamp, uuid7
from decisions.vocab import Kind

AT = datetime(2026, 11, 22, 3, 47, 12, 345678, tzinfo=UTC)


def draft(**over: Any) -> Draft:
    given: dict[str, Any] = {"kind": Kind.ACTION_REPORTED, "actor": "agent:7", "facts": {"kv": 1}}
    return Draft(**given | over)


def test_a_disclosure_has_the_digest_of_the_standards_own_example() -> None:
    # RFC 9901 §4.2.3.
    text = '["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"]'
    assert disclosure_digest(text) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


def test_the_leaf_holds_digests_and_never_the_words() -> None:
    others = {f"other{number}": number for number in range(8)}
    disclosed = {"reason": "Marta said so", "names": {"decision": "rb-1"}, **others}
    sealed = seal(draft(disclosed=disclosed), log="log", at=AT)
    assert b"Marta" not in sealed.body
    assert b"rb-1" not in sealed.body
    opened = open_leaf(sealed.body)
    assert opened["_sd"] == sorted(disclosure_digest(text) for _, text in sealed.disclosures)
    assert set(opened) == envelope.KEYS
    assert (opened["v"], opened["log"], opened["ts"]) == (1, "log", "2026-11-22T03:47:12.345678Z")


def test_the_same_words_have_another_digest_each_time() -> None:
    one, other = (seal(draft(disclosed={"reason": "yes"}), log="log", at=AT) for _ in range(2))
    assert open_leaf(one.body)["_sd"] != open_leaf(other.body)["_sd"]
    salt = json.loads(one.disclosures[0][1])[0]
    assert len(salt) == 22, "128 bits"


def test_what_was_sealed_is_opened_again() -> None:
    made = draft(
        disclosed={"reason": "ja – 是", "account": {"confidence": 0.5}}, ref={"seq": 3, "leaf": "ab"}, src_seq=9
    )
    sealed = seal(made, log="log", at=AT)
    entry = open_entry(7, sealed.body, [text for _, text in sealed.disclosures])
    assert (entry.seq, entry.id, entry.kind, entry.at, entry.src_seq) == (7, made.id, made.kind, AT, 9)
    assert entry.disclosed == made.disclosed
    assert entry.ref == made.ref


def test_an_entry_whose_disclosure_is_erased_still_opens() -> None:
    sealed = seal(draft(disclosed={"reason": "x", "account": {}}), log="log", at=AT)
    entry = open_entry(0, sealed.body, [text for name, text in sealed.disclosures if name != "reason"])
    assert entry.disclosed == {"account": {}}


def test_an_older_version_is_read_by_its_upcasters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(envelope.UPCASTERS, ("report.built", 1), lambda facts: {**facts, "kv": 2, "edition": "1"})
    monkeypatch.setitem(envelope.UPCASTERS, ("report.built", 2), lambda facts: {**facts, "kv": 3})
    sealed = seal(draft(kind=Kind.REPORT_BUILT), log="log", at=AT)
    assert open_entry(0, sealed.body, []).facts == {"kv": 3, "edition": "1"}
    assert open_leaf(sealed.body)["facts"] == {"kv": 1}, "the leaf stays as it is"


@pytest.mark.parametrize("facts", [{"kv": 1.0}, {"kv": 1, "at": AT}, {"kv": 1, "ü": 2}, {"kv": 1, "n": 2**53}])
def test_facts_outside_the_profile_are_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(NotStrictError):
        seal(draft(facts=facts), log="log", at=AT)


def test_an_entry_that_no_export_could_hold_is_refused() -> None:
    with pytest.raises(NotStrictError, match="65535"):
        seal(draft(facts={"kv": 1, "members": ["x" * 36] * 2000}), log="log", at=AT)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00.000000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
        (datetime(2026, 7, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2026-06-30T23:00:00.000000Z"),
    ],
)
def test_a_time_is_written_in_one_way_and_read_again(at: datetime, text: str) -> None:
    assert timestamp(at) == text
    assert envelope.parse_time(text) == at


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=4))
def test_a_name_is_the_same_for_the_same_parts_alone(parts: list[str]) -> None:
    made = named_uuid(*parts)
    assert made == named_uuid(*parts)
    assert (made.version, made.variant) == (8, uuid.RFC_4122)
    assert made != named_uuid(*parts, "")
    if len(parts) > 1 and parts[0] and parts[-1]:
        assert made != named_uuid(parts[0] + parts[1], *parts[2:])


@given(st.integers(0, 2**37).map(lambda seconds: datetime.fromtimestamp(seconds / 7, UTC)))
def test_an_id_carries_its_time(at: datetime) -> None:
    made = uuid7(at)
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(at.timestamp() * 1000)
