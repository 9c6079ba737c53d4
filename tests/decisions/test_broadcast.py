"""What is said once to all pages: wherever a page joins, it is given everything after what it has, and nothing is skipped."""

import asyncio
import json
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.broadcast import KEPT, Broadcast, Frame, timed, worded


def told(steps: list[int], kept: int = KEPT) -> Broadcast:
    """A broadcast that began at seq 10 and has said frames that go so far each; 0 is one that brings no entry."""
    made = Broadcast()
    made.frames, seq = deque(maxlen=kept), 10
    for step in steps:
        made._add(Frame(seq, seq + step, ""))
        seq += step
    made.seq = seq
    return made


@given(st.lists(st.integers(0, 5), max_size=12), st.integers(1, 6), st.integers(0, 80))
def test_from_its_place_on_a_page_is_given_all_that_it_lacks(steps: list[int], kept: int, seq: int) -> None:
    made, end = told(steps, kept), 10 + sum(steps)
    place = made.place(seq)
    if place is None:
        oldest = made.frames[0].prev if made.frames else end
        assert seq < oldest, "it must read the ledger by itself, and no page that need not is sent there"
        return
    given_ = asyncio.run(made.after(place)) if place < made.end else []
    assert given_ is not None
    reached = seq
    for frame in given_:
        assert frame.prev <= reached, "nothing is skipped"
        reached = max(reached, frame.seq)
    assert reached >= end
    assert all(frame.seq > seq for frame in given_[:1]), "it is not given what it has"


def test_a_page_that_is_too_slow_is_told_that_it_lost_its_place() -> None:
    made = told([1] * 5, kept=2)
    assert asyncio.run(made.after(2)) is None
    frames = asyncio.run(made.after(3))
    assert frames is not None
    assert [frame.seq for frame in frames] == [14, 15]


def test_who_waits_is_woken_by_the_next_frame_and_by_no_other() -> None:
    async def run() -> list[int]:
        made = told([1, 1])
        waiting = [asyncio.create_task(made.after(2)) for _ in range(50)]
        await asyncio.sleep(0)
        made._add(Frame(12, 13, ""))
        return [len(frames or ()) for frames in await asyncio.gather(*waiting)]

    assert asyncio.run(run()) == [1] * 50


@pytest.mark.parametrize("rows", [[], [{"title": 'a "b" ⟦U+202E⟧', "at": 1}]])
def test_a_frame_is_json_with_the_time_at_which_it_is_said(rows: list[dict[str, object]]) -> None:
    frame = json.loads(timed(worded("rows", 7, prev=3, rows=rows)))
    assert (frame["t"], frame["seq"], frame["prev"], frame["rows"]) == ("rows", 7, 3, rows)
    assert isinstance(frame["now"], int)
