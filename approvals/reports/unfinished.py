"""Ends builds whose process is gone: a report that was recorded stands, of any other nothing is left. It must not build."""

import shutil

from django.db.models import QuerySet

from approvals.models import Report, ReportBuild
from approvals.reports.files import folder
from decisions import clock


def close(builds: "QuerySet[ReportBuild]", error: str) -> None:
    """Say of each of `builds` that it failed with `error`, and remove its files, which no erasure would find.

    One that recorded its report before it ended is done: a second build would be an edition that nobody asked for.
    """
    for id_ in list(builds.values_list("id", flat=True)):
        here, now = ReportBuild.objects.filter(id=id_), clock.now()
        if Report.objects.filter(id=id_).exists():
            here.update(state="draft", step="Done", updated_at=now)
            continue
        shutil.rmtree(folder(id_), ignore_errors=True)
        here.update(state="failed", error=error, updated_at=now)
