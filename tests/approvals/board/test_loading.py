"""Items from a file: the example's duties, which nobody has reviewed, and files that are refused whole."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from approvals.periods import WHOLE
from approvals.reports.estate import Estate
from approvals.reports.registers import board_facts
from decisions import ledger
from decisions.models import BoardItem, Person
from decisions.vocab import Board
from tests.approvals.board.items import good
from tests.approvals.reports.factory import END
from tests.contracts.tree import ROOT

DUTIES = ROOT / "examples" / "duties.yaml"


def load(path: Path, by: str) -> str:
    out = StringIO()
    call_command("load_board", str(path), by=by, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
@pytest.mark.usefixtures("organisation")
def test_the_duties_are_recorded_once_and_nobody_has_decided_on_them(executive: Person) -> None:
    stated = yaml.safe_load(DUTIES.read_text())["duties"]
    assert load(DUTIES, executive.username) == f"{len(stated)} items recorded, 0 stood already.\n"
    size = ledger.size()
    assert load(DUTIES, executive.username) == f"0 items recorded, {len(stated)} stood already.\n"
    assert ledger.size() == size
    rows = BoardItem.objects.filter(register=Board.DUTIES)
    assert [row.words["source"] for row in rows.order_by("seq")] == [one["source"] for one in stated]
    assert {(row.values["applies"], row.values["decided_by"]) for row in rows} == {("open", None)}
    told = board_facts(END, policy_version=None, person=str, agents={}, estate=Estate.of(WHOLE))["duties"]
    assert [(one.source, one.decided_by) for one in told] == [(one["source"], "") for one in stated]


def test_the_duties_keep_clear_of_the_traps() -> None:
    """What was replaced, what is only an analogy, and which dates nobody has confirmed."""
    stated = {one["source"]: one for one in yaml.safe_load(DUTIES.read_text())["duties"]}
    assert not any("SR 11-7" in str(one) and "SR 26-2" not in str(one) for one in stated.values())
    assert [source for source in stated if "SR 26-2 by analogy" in source]
    for source, one in stated.items():
        assert "starts_on" not in one or not source.startswith("EU AI Act"), "a date that is to be confirmed"
        assert not source.startswith("EU AI Act") or "to be confirmed" in one["note"]
    assert "Binds providers" in stated["EU AI Act, Art. 19"]["note"]
    assert "ten after a death" in stated["EU AI Act, Art. 73"]["note"]


@pytest.mark.django_db
@pytest.mark.usefixtures("organisation")
@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "not a list of items"),
        ({"duties": {}}, "not a list of items"),
        ({"wishes": []}, "wishes"),
        ({"drills": [], "duties": [{"source": "A duty"}]}, "duties, item 1: "),
    ],
)
def test_a_file_with_a_fault_records_nothing(document: Any, said: str, executive: Person, tmp_path: Path) -> None:
    path = tmp_path / "board.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(CommandError, match=said):
        load(path, executive.username)
    assert not BoardItem.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("organisation")
def test_only_who_keeps_a_register_may_load_it(responder: Person, tmp_path: Path) -> None:
    path = tmp_path / "board.yaml"
    path.write_text(yaml.safe_dump({"duties": [good(Board.DUTIES)]}))
    for by, said in (("nobody-known", "no person"), (responder.username, "after 0 of 1")):
        with pytest.raises(CommandError, match=said):
            load(path, by)
    assert not BoardItem.objects.exists()
