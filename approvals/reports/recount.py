"""Computes a report anew from an export of the ledger, and draws it anew. It must run in an empty database of its own."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from approvals.periods import Period, Scope
from approvals.reports import html_page, pdf, rows_csv, xlsx
from approvals.reports.collect import facts_of
from approvals.reports.compared import differences
from approvals.reports.dataset import canonical, report_of
from approvals.reports.generator import generator
from decisions.reload import Progress, reload

MOST_SHOWN = 20


class _Meta(Struct):
    organisation: str
    period: str
    scope: str
    as_of: datetime
    ledger_seq: Annotated[int, Meta(ge=-1, le=2**53)]
    generator: dict[str, Any]


class _Proof(Struct):
    root: str
    verified: bool | None


class _Said(Struct):
    """What of a dataset is needed to count it again."""

    meta: _Meta
    proof: _Proof
    people: dict[UUID, str]


class UnreadableError(Exception):
    """What was given is no report."""


@dataclass
class Outcome:
    """What came of it: what is as the ledger has it, and what is not."""

    held: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What could not be compared, and why."""


def recount(files: Mapping[str, bytes], folder: Path, *, progress: Progress | None = None) -> Outcome:
    """Whether the report in `files` is what the ledger in `folder` says.

    `files` is by format: `json` and `proof`, and any of `pdf`, `html`, `xlsx` and `csv`, which are drawn anew. Raises ReloadError,
    and UnreadableError where `json` is no dataset.
    """
    said, period, scope = _read(files["json"])
    outcome, meta = Outcome(), said.meta
    reloaded = reload(folder, meta.ledger_seq + 1, progress=progress)
    if reloaded.root.hex() != said.proof.root:
        outcome.wrong.append(
            f"The first {reloaded.size:,} entries of the export have the root {reloaded.root.hex()}, "
            f"and the report was counted from others, with the root {said.proof.root}."
        )
        return outcome
    outcome.held.append(
        f"The report and the export are of the same {reloaded.size:,} entries, root {reloaded.root.hex()}."
    )
    facts = facts_of(
        meta.organisation,
        period,
        scope,
        now=meta.as_of,
        verified=said.proof.verified,
        people={str(id_): name for id_, name in said.people.items()},
    )
    same_makers = meta.generator == generator()
    counted = report_of(facts, meta.generator)
    document = json.loads(files["json"])
    _compare(document, json.loads(canonical(counted)), reloaded.missing, outcome)
    if not outcome.wrong and canonical(document) != files["json"]:
        outcome.wrong.append("report.json says the same in other bytes: it was written anew by somebody else.")
    if said.people:
        outcome.left.append(
            f"{len(said.people):,} names are taken from the report: the ledger holds pseudonyms alone. That nobody changed one "
            "since shows the receipt of the entry that recorded the report."
        )
    if same_makers:
        _draw(files, outcome)
    else:
        outcome.left.append(
            "It was made by other versions of the template or the libraries (see meta.generator): the figures are compared, the files not drawn anew."
        )
    return outcome


def _read(raw: bytes) -> tuple["_Said", Period, Scope]:
    try:
        said = msgspec.json.decode(raw, type=_Said)
        return said, Period.read(said.meta.period), Scope.read(said.meta.scope)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise UnreadableError("report.json is no dataset of a report") from None


def _compare(said: Any, counted: Any, missing: int, outcome: Outcome) -> None:
    found = list(differences(said, counted))
    erased = [one for one in found if missing and not one.of_figures]
    wrong = [one for one in found if one not in erased] if erased else found
    outcome.wrong += [f"{one}." for one in wrong[:MOST_SHOWN]]
    if len(wrong) > MOST_SHOWN:
        outcome.wrong.append(f"{len(wrong) - MOST_SHOWN:,} more places differ.")
    if wrong:
        return
    numbers = sum(1 for _ in _leaves(counted))
    outcome.held.append(f"All {numbers - len(erased):,} figures, sentences and rows follow from the entries.")
    if erased:
        outcome.left.append(
            f"{len(erased):,} words differ, and {missing:,} texts of these entries were erased since or left out of the export; the figures do not rest on them."
        )


def _leaves(value: Any) -> Any:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _draw(files: Mapping[str, bytes], outcome: Outcome) -> None:
    """Draw each file from the dataset that it came with and compare the bytes."""
    dataset = files["json"]
    renderers: Mapping[str, Callable[[], bytes]] = {
        "pdf": lambda: pdf.render(dataset, files["proof"]),
        "html": lambda: html_page.render(dataset),
        "xlsx": lambda: xlsx.render(dataset),
        "csv": lambda: rows_csv.render(dataset),
    }
    for format_, render in renderers.items():
        if format_ not in files:
            continue
        if render() == files[format_]:
            outcome.held.append(f"The {format_.upper()} is what its dataset makes, byte for byte.")
        else:
            outcome.wrong.append(f"The {format_.upper()} is not what its dataset makes: it was changed.")
