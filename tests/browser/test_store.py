"""The rows of the timeline in the browser: in order, each once, and nothing missing between those that are drawn."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

RUN = """
async steps => {
  const { Store } = await import('/static/js/store.js');
  const store = new Store({ badges: [{ slug: 'x', attention: 0 }], badge_of: { s: 'x' } });
  for (const [what, given, pushed] of steps) {
    if (what === 'complete') store.complete();
    else if (what === 'hold') store.hold(given);
    else if (what === 'many') store.take(Array.from({ length: given }, (_, i) => ({ id: `m${i}`, at: 1000 + i, seq: 1000 + i, version: 1, due: 0, state: 's' })), true);
    else store.take(given, pushed);
  }
  return { count: [store.rows.size, store.sorted.length], whole: store.whole, sorted: store.sorted.map(row => [row.id, row.version, row.due]), held: store.holds().map(row => [row.id, row.due]) };
}
"""


def row(id_: str, at: int, *, seq: int | None = None, version: int = 1, due: int = 0) -> dict[str, Any]:
    return {"id": id_, "at": at, "seq": at if seq is None else seq, "version": version, "due": due, "state": "s"}


@pytest.fixture
def run(visit: Visit) -> Any:
    page: Page = visit("samuel", "/ledger/")
    return lambda *steps: page.evaluate(RUN, list(steps))


def ids(found: Any) -> str:
    return "".join(one[0] for one in found["sorted"])


def test_rows_stand_in_the_order_in_which_they_occurred_and_the_newest_version_wins(run: Any):
    found = run(
        ["take", [row("c", 30), row("a", 10)], False],
        ["take", [row("b", 20), row("c", 30, seq=40, version=2, due=99)], True],
        ["take", [row("c", 30)], True],
    )
    assert found["sorted"] == [["a", 1, 0], ["b", 1, 0], ["c", 2, 99]]


def test_what_is_pushed_and_older_than_what_is_loaded_waits_for_what_lies_between(run: Any):
    loaded = ["take", [row("y", 90), row("z", 95)], False]
    pushed = ["take", [row("b", 20, seq=100, version=2)], True]
    assert ids(run(loaded, pushed)) == "yz"
    older = ["take", [row("x", 80), row("c", 30)], False]
    assert ids(run(loaded, pushed, older)) == "cxyz"
    assert ids(run(loaded, pushed, older, ["take", [row("a", 10)], False])) == "abcxyz"
    assert ids(run(loaded, pushed, ["complete"])) == "byz"
    assert ids(run(loaded, ["complete"], pushed)) == "byz"


def test_the_first_row_of_all_is_shown(run: Any):
    assert ids(run(["take", [], False], ["complete"], ["take", [row("a", 10)], True])) == "a"


def test_what_waits_is_held_however_old_and_as_it_stands_now(run: Any):
    loaded = ["take", [row("z", 95, due=500)], False]
    found = run(loaded, ["hold", [row("a", 10, due=400), row("z", 95, due=900)]])
    assert (ids(found), found["held"]) == ("z", [["a", 400], ["z", 900]])
    answered = ["take", [row("a", 10, seq=120, version=2)], True]
    found = run(loaded, ["hold", [row("a", 10, due=400)]], answered, ["hold", [row("a", 10, due=400)]])
    assert found["held"] == [["z", 500]], "an older version never comes back"


def test_the_oldest_rows_are_let_go_of_and_what_waits_is_not(run: Any):
    found = run(["take", [row("a", 10), row("h", 20, due=9)], False], ["complete"], ["many", 21_500])
    assert found["held"] == [["h", 9]]
    assert found["count"] == [20_001, 20_000]
    assert not found["whole"]
    assert ids(found)[:1] == "m"
