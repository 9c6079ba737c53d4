"""A worker that builds a report, whose building process dies at a labelled step on the way.

A test runs it beside the product; the product itself knows nothing of it.
"""

import subprocess
import sys
from typing import Any

import django

django.setup()

from approvals import tasks  # noqa: E402 - Django is set up first
from approvals.actions.request_report import request_report  # noqa: E402
from approvals.models import ReportBuild  # noqa: E402
from approvals.reports import build, run  # noqa: E402
from decisions import verify  # noqa: E402
from tests.deep.killed_publishing import after  # noqa: E402

FILES = ("report.json", "report.pdf", "report.xlsx", "page-1.png", "page-6.png")
LABELS = ("verified", "collected", *FILES, "recorded", "")
"""In the order in which they are reached; the last is none."""
PERIOD = "2026-10"


def arm(label: str) -> None:
    if label == "verified":
        after(verify, "verify_ledger")
    elif label == "collected":
        after(run, "report_of")
    elif label in FILES:
        after(build, "write_whole", lambda path, _: path.name == label)
    elif label == "recorded":
        after(run, "record_report")


def work(label: str) -> None:
    """Ask for the report and do as the worker does, with a child that dies."""
    plain = subprocess.run

    def child(command: list[str], **how: Any) -> Any:
        return plain([sys.executable, "-m", "tests.deep.killed_building", label, command[-1]], **how)

    subprocess.run = child  # type: ignore[assignment]
    tasks.build_report(str(request_report(PERIOD, actor=None).id))


def main(label: str, build_id: str = "") -> None:
    if not build_id:
        work(label)
        return
    arm(label)
    run.run(ReportBuild.objects.get(id=build_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
