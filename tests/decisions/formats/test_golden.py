"""Every payload of every shipped format becomes exactly the Readings written beside it. It must not judge by anything else."""

import os
import re

import pytest

from decisions.canonical import MAX_DEPTH, action_hash, check, encode
from decisions.intake import shape
from decisions.intake.formats import FOLDER as SHIPPED
from decisions.intake.formats import mapping, names
from decisions.intake.mapping import check as faults_of
from decisions.intake.mapping import take
from decisions.intake.mapping.fields import PREFIXES
from decisions.intake.reading import Says
from tests.contracts.tree import ROOT
from tests.decisions.formats.fixtures import FOLDER, Fixture, as_data, fixtures, said, understood, written

RERECORD = os.environ.get("OVERSIGHT_RERECORD") == "1"
NOTICE = (FOLDER / "NOTICE.md").read_text(encoding="utf-8")
EVENT_LIMIT = 64 * 1024


@pytest.mark.parametrize("fixture", fixtures(), ids=str)
def test_a_payload_becomes_what_is_written_beside_it(fixture: Fixture):
    found = written(said(fixture))
    if RERECORD:
        fixture.golden.write_text(found, encoding="utf-8")
    assert found == fixture.golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("fixture", understood(), ids=str)
def test_a_reading_fits_what_is_made_of_it(fixture: Fixture):
    for reading in take(mapping(fixture.system), fixture.headers, fixture.body).readings:
        assert len(reading.id) <= 200
        assert all(key.partition(":")[0] in PREFIXES for key in reading.keys)
        data = as_data(reading)
        shape.read(data)
        check(data, depth=MAX_DEPTH - 1)
        assert action_hash(data.get("action", {})).startswith("sha256:")
        assert len(encode(data)) < EVENT_LIMIT


OPENED = frozenset({"exec_in_workload", "proxy_request"})
"""Of these it is seen that a door was opened, and not what was done behind it."""


@pytest.mark.parametrize("fixture", understood(), ids=str)
def test_an_effect_says_how_it_ended(fixture: Fixture):
    """What is only asked for, permitted or under way is none: it would pass for proof that something was done."""
    for reading in take(mapping(fixture.system), fixture.headers, fixture.body).readings:
        if reading.says is Says.EFFECT and reading.kind not in OPENED:
            assert reading.outcome, reading


@pytest.mark.parametrize("fixture", understood(), ids=str)
def test_a_payload_sent_again_has_the_same_ids(fixture: Fixture):
    first, again = (take(mapping(fixture.system), fixture.headers, fixture.body).readings for _ in range(2))
    assert [reading.id for reading in first] == [reading.id for reading in again]


def test_records_of_one_execution_never_contradict_each_other():
    told: dict[tuple[str, str], tuple[object, ...]] = {}
    later = 0
    for fixture in understood():
        for reading in take(mapping(fixture.system), fixture.headers, fixture.body).readings:
            if reading.says is not Says.ACTION:
                continue
            action = (reading.kind, reading.targets, reading.environment, reading.resource, dict(reading.parameters))
            before = told.setdefault((fixture.system, reading.decision), action)
            assert before == action, f"{fixture} tells another action under {reading.decision}"
            later += before is not action


@pytest.mark.parametrize("system", names())
def test_a_shipped_format_has_no_fault_and_its_own_name(system: str):
    assert faults_of((SHIPPED / f"{system}.yaml").read_text(encoding="utf-8")) == []
    assert mapping(system).document.system == system


@pytest.mark.parametrize("system", names())
def test_a_shipped_format_has_payloads_and_a_page(system: str):
    assert [fixture for fixture in understood() if fixture.system == system]
    page = (ROOT / "docs" / "intake" / f"{system}.md").read_text(encoding="utf-8")
    assert "cannot say" in page


def test_the_notice_names_where_each_payload_is_from():
    named = set(re.findall(r"`([\w./*-]+)`", NOTICE))
    missing = [str(one) for one in fixtures() if str(one) not in named and f"{one.system}/*" not in named]
    assert missing == []


def test_what_we_wrote_ourselves_is_called_so():
    """A folder named as a whole holds the work of others; what we wrote in it is told apart by its name."""
    ours = {str(one) for one in fixtures() if one.path.name.startswith("written-")}
    table = NOTICE.partition("## Written by us")[2]
    assert ours
    assert [name for name in sorted(ours) if f"`{name}`" not in table] == []
    theirs = NOTICE.partition("## Written by us")[0]
    assert [name for name in sorted(ours) if f"`{name}`" in theirs] == []


def test_no_fixture_lies_beside_the_formats():
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir() and path.name not in {"__pycache__", "licences"}}
    assert folders == set(names())
