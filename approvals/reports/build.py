"""All files of a report from its dataset, each written whole or not at all. It must not compute a figure."""

import os
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypedDict

from approvals.reports import html_page, pdf, rows_csv, xlsx
from approvals.reports.dataset import canonical


class Made(TypedDict):
    file: str
    sha256: str
    size: int


Progress = Callable[[str, int, int], None]


def write_whole(path: Path, body: bytes) -> Made:
    """A reader sees the old file or the new one, never a part."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(0o640)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return {"file": path.name, "sha256": sha256(body).hexdigest(), "size": len(body)}


def render_all(report: dict[str, Any], proof: dict[str, Any], out_dir: Path, progress: Progress) -> dict[str, Made]:
    """Writes report.{json,pdf,html,xlsx,csv}, proof.json and a picture of each page; the keys are the formats."""
    out_dir.mkdir(parents=True, exist_ok=True)
    dataset, proven = canonical(report), canonical(proof)
    steps: tuple[tuple[str, str, str, Callable[[], bytes]], ...] = (
        ("json", "report.json", "Dataset", lambda: dataset),
        ("proof", "proof.json", "Proof", lambda: proven),
        ("pdf", "report.pdf", "PDF", lambda: pdf.render(dataset, proven)),
        ("html", "report.html", "Interactive page", lambda: html_page.render(dataset)),
        ("xlsx", "report.xlsx", "Workbook", lambda: xlsx.render(dataset)),
        ("csv", "report.csv", "Rows", lambda: rows_csv.render(dataset)),
    )
    made: dict[str, Made] = {}
    for done, (key, name, words, render) in enumerate(steps):
        progress(words, done, len(steps) + 1)
        made[key] = write_whole(out_dir / name, render())
    progress("Pictures of the pages", len(steps), len(steps) + 1)
    for page, picture in enumerate(pdf.preview(dataset, proven), 1):
        made[f"page-{page}"] = write_whole(out_dir / f"page-{page}.png", picture)
    progress("Done", len(steps) + 1, len(steps) + 1)
    return made
