"""The PDF: the dataset placed by a Typst template, archivable and accessible. It must not compute, read the clock or reach a network."""

import json
from datetime import UTC, datetime
from typing import Any, Literal

import typst

from approvals.reports.glyphs import FONTS, drawable_copy

TEMPLATE = FONTS.parent / "report.typ"


def compiler_of(dataset: bytes, proof: bytes) -> tuple[typst.Compiler, datetime]:
    """What sets the report, and the moment that the files bear."""
    report: dict[str, Any] = json.loads(dataset)
    drawn = {key: value for key, value in report.items() if key != "rows"}
    drawn["tables"] = {
        name: {key: value for key, value in table.items() if key != "all"} for name, table in report["tables"].items()
    }
    inputs = {
        "data": json.dumps(drawable_copy(drawn), ensure_ascii=False, sort_keys=True),
        "original": dataset.decode(),
        "proof": proof.decode(),
    }
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    compiler = typst.Compiler(str(TEMPLATE), root=str(TEMPLATE.parent), font_paths=fonts, sys_inputs=inputs)
    return compiler, datetime.fromisoformat(report["meta"]["period_end"]).astimezone(UTC)


def render(dataset: bytes, proof: bytes) -> bytes:
    """PDF/A-3a and PDF/UA-1 in one file, with both inputs attached; equal inputs give equal bytes."""
    compiler, at = compiler_of(dataset, proof)
    made = compiler.compile(format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=int(at.timestamp()))
    return _one(made)


def preview(dataset: bytes, proof: bytes, ppi: float = 110) -> list[bytes]:
    """Every page as PNG."""
    compiler, _ = compiler_of(dataset, proof)
    made = compiler.compile(format="png", ppi=ppi)
    return made if isinstance(made, list) else [_one(made)]


def _one(made: bytes | list[bytes] | None, of: Literal["pdf"] = "pdf") -> bytes:
    if not isinstance(made, bytes):
        raise TypeError(f"the typesetter returned no {of}")
    return made
