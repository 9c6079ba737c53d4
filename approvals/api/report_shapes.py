"""The shapes of reports, and of what people say of them."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from approvals.api.shapes import Reason
from approvals.vocab import REPORT_PAGES
from decisions.api.shapes import Id, Moment, Whole


class PeriodCommand(Struct, forbid_unknown_fields=True):
    """A month, `2026-10`, or a first and a last day, `2026-10-05..2026-11-01`; of the whole organisation, of a team or of a service."""

    period: Annotated[str, Meta(min_length=7, max_length=22)]
    scope: Annotated[str, Meta(max_length=130, pattern="^$|^(team|service):.")] = ""


class AttestCommand(Struct, forbid_unknown_fields=True):
    """What a person says of one page: it is right, or why it is not."""

    page: Annotated[int, Meta(ge=1, le=len(REPORT_PAGES))]
    attests: bool
    comment: Reason = ""


class IssueCommand(Struct, forbid_unknown_fields=True):
    """The reason is needed where another edition of the period was issued before."""

    reason: Reason = ""


class ReportFile(Struct):
    format: str
    url: str
    size: Whole
    sha256: str


class Progress(Struct):
    step: str
    done: Whole
    total: Whole


class Figure(Struct):
    """A measure as it was printed; `value` is exact to four decimals, and null where there is none."""

    measure: str
    text: str
    value: str | None


class PageWord(Struct):
    """A page, and the last word on it: null until somebody has said one."""

    page: Whole
    question: str
    attests: bool | None
    by: Id | None
    at: Moment | None
    comment: str | None


class Issue(Struct):
    """That an edition was signed: by whom, and as which number."""

    number: Whole
    by: Id
    at: Moment
    seq: Whole
    supersedes: Id | None
    superseded_by: Id | None
    reason: str | None


class Report(Struct):
    """An edition of a report, or the building of one."""

    id: Id
    period: str
    scope: str
    state: Literal["queued", "building", "draft", "attested", "issued", "failed"]
    progress: Progress | None
    error: str | None
    version: Whole | None
    edition: str | None
    mature: bool | None
    """Whether every action that it counts had shown whether it failed; only then is it attested."""
    seq: Whole | None
    seq_limit: Whole | None
    as_of: Moment | None
    headline: str | None
    built_at: Moment | None
    files: list[ReportFile]
    figures: list[Figure]
    pages: list[PageWord]
    issued: Issue | None
    url: str


class ReportPage(Struct):
    items: list[Report]
    building: list[Report]
    next: str | None


class Download(Struct):
    id: Whole
    format: str
    by: Id
    at: Moment


class DownloadPage(Struct):
    items: list[Download]
    next: str | None
