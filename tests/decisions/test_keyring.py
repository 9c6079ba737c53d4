"""Disclosures at rest: what lies in the database opens with the installation's keys alone, and where it belongs alone."""

import base64
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from decisions import disclosures, ledger
from decisions.keyring import KEY, Keyring, NotOpenedError, new_key, read_keys
from decisions.models import Agent
from decisions.models.ledger import Disclosure
from oversight import env
from oversight.checks import disclosures_can_be_sealed
from tests.factories import event, send

OLD, NEW = bytes(range(32)), bytes(range(1, 33))


def coded(*keys: bytes) -> str:
    return ",".join(base64.urlsafe_b64encode(key).decode() for key in keys)


@given(st.binary(max_size=2000), st.text(max_size=40))
def test_what_is_sealed_opens_where_it_belongs_and_nowhere_else(text: bytes, place: str) -> None:
    keys = Keyring([NEW, OLD])
    key, sealed = keys.seal(place, text)
    assert keys.open(place, key, sealed) == text
    for other in (place + "x", ""):
        if other != place:
            with pytest.raises(NotOpenedError):
                keys.open(other, key, sealed)


def test_every_seal_is_another_and_no_bit_of_it_can_be_changed() -> None:
    keys = Keyring([NEW])
    key, sealed = keys.seal("1:reason", b"Marta said so")
    again = keys.seal("1:reason", b"Marta said so")
    assert key != again[0]
    assert sealed != again[1]
    assert len(key) == 64
    for part in (key, sealed):
        for place in range(len(part)):
            bad = bytearray(part)
            bad[place] ^= 1
            with pytest.raises(NotOpenedError):
                keys.open("1:reason", *((bytes(bad), sealed) if part is key else (key, bytes(bad))))
    for cut in (b"", key[:20], sealed[:5]):
        with pytest.raises(NotOpenedError):
            keys.open("1:reason", cut, cut)


def test_a_key_that_was_replaced_opens_until_it_is_gone() -> None:
    key, sealed = Keyring([OLD]).seal("1:reason", b"x")
    both = Keyring([NEW, OLD])
    assert both.open("1:reason", key, sealed) == b"x"
    anew = both.rewrap("1:reason", key)
    assert anew is not None
    assert both.rewrap("1:reason", anew) is None, "it is under the first already"
    assert Keyring([NEW]).open("1:reason", anew, sealed) == b"x"
    with pytest.raises(NotOpenedError, match="under a key that is not here"):
        Keyring([NEW]).open("1:reason", key, sealed)


@pytest.mark.parametrize("text", ["", "x", coded(OLD[:31]), coded(OLD) + ",", coded(OLD).replace("A", "*"), "ä" * 44])
def test_what_is_no_key_is_refused_before_anything_starts(text: str, settings: Any) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_keys(text)
    settings.DISCLOSURE_KEY = text
    assert [found.id for found in disclosures_can_be_sealed()] == ["oversight.E006"]


def test_keys_as_they_are_made_and_listed() -> None:
    assert len(read_keys(new_key())[0]) == KEY
    assert new_key() != new_key()
    assert read_keys(f"{coded(NEW)}, {coded(OLD)}") == (NEW, OLD)


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "disclosures"
    made = env.secret("NO_SUCH_VARIABLE", path, new_key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert env.secret("NO_SUCH_VARIABLE", path, new_key) == made
    path.chmod(0o644)
    with pytest.raises(env.BadSettingError, match="chmod 600"):
        env.secret("NO_SUCH_VARIABLE", path, new_key)


@pytest.mark.django_db
def test_nothing_of_a_text_lies_in_the_table(agent: Agent) -> None:
    seq = send(agent, event(rationale="Xanthippe called")).first_seq
    assert json.loads(ledger.texts_of([seq])[seq]["account"])[2]["rationale"] == "Xanthippe called"
    for row in Disclosure.objects.all():
        assert b"Xanthippe" not in bytes(row.sealed) + bytes(row.key)


@pytest.mark.django_db
def test_a_backup_from_before_opens_nothing_once_the_old_key_is_destroyed(agent: Agent, settings: Any) -> None:
    before = settings.DISCLOSURE_KEY
    settings.DISCLOSURE_KEY = f"{coded(OLD)},{before}"
    sent = [send(agent, event(rationale=f"because {number}")).first_seq for number in range(5)]
    backup = list(Disclosure.objects.filter(seq__in=sent))
    texts = ledger.texts_of(sent)
    gone = backup[0]
    Disclosure.objects.filter(id=gone.id).delete()
    settings.DISCLOSURE_KEY = f"{coded(NEW, OLD)},{before}"
    seqs = [seq for seq in sent if seq != gone.seq] + [send(agent, event()).first_seq]
    assert list(disclosures.rewrap(batch=4))[-1] == Disclosure.objects.count()
    out = StringIO()
    call_command("rewrap_disclosures", stdout=out, stderr=StringIO())
    assert "the others may be destroyed" in out.getvalue()
    settings.DISCLOSURE_KEY = coded(NEW)
    assert {seq: ledger.texts_of([seq])[seq] for seq in seqs[:-1]} == {seq: texts[seq] for seq in seqs[:-1]}
    for row in backup:
        with pytest.raises(NotOpenedError):
            ledger.keyring().open(f"{row.seq}:{row.name}", bytes(row.key), bytes(row.sealed))


@pytest.mark.django_db
def test_a_text_that_does_not_open_is_loud(agent: Agent, settings: Any) -> None:
    seq = send(agent, event()).first_seq
    settings.DISCLOSURE_KEY = coded(NEW)
    with pytest.raises(NotOpenedError):
        list(ledger.entries(seq, seq))


@pytest.mark.django_db
def test_entries_that_hold_a_text_are_found_by_it(agent: Agent) -> None:
    first = send(agent, event(rationale='Frau "Xanthippe" Größe called')).first_seq
    second = send(agent, event(outcome={"status": "failed", "detail": "XANTHIPPE again"})).first_seq
    send(agent, event())
    assert list(disclosures.holding("xanthippe")) == [(first, ["account"]), (second, ["outcome"])]
    assert list(disclosures.holding('"Xanthippe" grösse')) == [(first, ["account"])]
    out = StringIO()
    call_command("find_disclosed", "Xanthippe", stdout=out)
    assert out.getvalue() == f"{first}: account\n{second}: outcome\n2 entries hold it.\n"


def test_freed_pages_are_overwritten(db: None) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete")
            assert cursor.fetchone() == (1,)
