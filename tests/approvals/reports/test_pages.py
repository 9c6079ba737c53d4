"""The pages as pictures: six in every month, filled, with room for each chart. Read without a library for pictures."""

import json
import struct
import zlib

import pytest
import typst

from approvals.reports import pdf
from approvals.reports.dataset import canonical
from tests.approvals.reports import months

PPI = 24
FOOTER = 19 / 297
"""The share of the page that its foot takes."""
LEAST = 0.70
DARK = 230
PROOF = canonical({"checkpoint": months.NOTE})


def pixels(png: bytes) -> list[bytes]:
    """The rows of an RGBA picture with eight bits a channel."""
    assert png.startswith(b"\x89PNG")
    at, width, depth, colour, packed = 8, 0, 0, 0, b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, _, depth, colour = struct.unpack(">IIBB", body[:10])
        packed += body if kind == b"IDAT" else b""
        at += size + 12
    assert (depth, colour) == (8, 6)
    raw, long = zlib.decompress(packed), width * 4
    rows: list[bytes] = []
    above = bytes(long)
    for start in range(0, len(raw), long + 1):
        above = plain(raw[start], raw[start + 1 : start + 1 + long], above)
        rows.append(above)
    return rows


def plain(how: int, row: bytes, above: bytes) -> bytes:
    """The row as it was before PNG's filter `how`."""
    if how == 0:
        return row
    out = bytearray(row)
    for place in range(len(row)):
        left = out[place - 4] if place >= 4 else 0
        up = above[place]
        if how == 4:
            corner = above[place - 4] if place >= 4 else 0
            to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
            guess = left if to_left <= to_up and to_left <= to_corner else up if to_up <= to_corner else corner
        else:
            guess = (left, up, (left + up) // 2)[how - 1]
        out[place] = (row[place] + guess) & 255
    return bytes(out)


def lowest_ink(png: bytes) -> float:
    """Where the last dark pixel above the foot is, as a share of the height."""
    rows = pixels(png)
    inked = [place for place, row in enumerate(rows[: int(len(rows) * (1 - FOOTER))]) if min(row) < DARK]
    return (inked[-1] + 1) / len(rows) if inked else 0.0


@pytest.mark.parametrize("name", months.FACTS)
def test_a_month_fills_six_pages(name: str) -> None:
    pages = pdf.preview(canonical(months.report(name)), PROOF, ppi=PPI)
    assert len(pages) == 6
    assert [place for place, page in enumerate(pages, 1) if lowest_ink(page) < LEAST] == []


@pytest.mark.parametrize("name", months.FACTS)
def test_no_chart_lies_over_what_follows_it(name: str) -> None:
    compiler, _ = pdf.compiler_of(canonical(months.report(name)), PROOF)
    rooms = {one["id"]: one["spare"] for one in json.loads(compiler.query("<room>", field="value"))}
    assert (name == "empty") == (not rooms)
    assert {id_: spare for id_, spare in rooms.items() if spare < 0} == {}


@pytest.mark.parametrize(("lines", "lowest"), [(1, 0.1), (20, 0.5)])
def test_a_page_that_ends_early_is_seen(lines: int, lowest: float) -> None:
    source = '#set page("a4", fill: white)\n' + "A line of text.\n\n" * lines
    page = typst.compile(source.encode(), format="png", ppi=PPI)
    assert isinstance(page, bytes)
    assert 0.05 < lowest_ink(page) < lowest + 0.1 < LEAST
