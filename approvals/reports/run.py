"""Builds one report from beginning to end, in a process of its own. It must not run inside a web process."""

from django.conf import settings

from approvals.actions.record_report import record_report
from approvals.models import Report, ReportBuild
from approvals.reports.build import render_all
from approvals.reports.collect import facts_of
from approvals.reports.dataset import report_of
from approvals.reports.files import folder, month
from approvals.reports.generator import generator
from decisions import checkpoints, clock, verify
from decisions.models.bulk import snapshot


def run(build: ReportBuild) -> None:
    """Collect, render, write the files, record the report. The build row tells the page how far it is."""

    def progress(step: str, done: int, total: int) -> None:
        ReportBuild.objects.filter(id=build.id).update(
            state="building", step=step, done=done, total=total, updated_at=clock.now()
        )

    progress("Verifying the ledger", 0, 0)
    start, end = month(build.period)
    edition = Report.objects.filter(period=build.period).count() + 1
    checkpoint = checkpoints.publish()
    verified = verify.verify_ledger().clean
    progress("Collecting", 0, 0)
    with snapshot():
        facts = facts_of(settings.ORGANISATION, start, end, as_of=clock.now(), edition=edition, verified=verified)
        report = report_of(facts, generator())
    proof = {
        "checkpoint": checkpoint,
        "seq_limit": facts.seq_limit,
        "root": facts.root,
        "dataset": "report.json",
        "how": "docs/ledger.md",
    }
    files = render_all(report, proof, folder(build.id), progress)
    record_report(
        build.id,
        period=build.period,
        edition=report["meta"]["edition"],
        seq_limit=facts.seq_limit,
        files=files,
        head=report["verdict"]["head"]["text"],
    )
    ReportBuild.objects.filter(id=build.id).update(state="draft", step="Done", updated_at=clock.now())
