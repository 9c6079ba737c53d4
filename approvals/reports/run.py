"""Builds one report from beginning to end, in a process of its own. It must not run inside a web process."""

from django.conf import settings

from approvals.actions.record_report import record_report
from approvals.models import ReportBuild
from approvals.periods import Period, Scope
from approvals.reports.build import render_all
from approvals.reports.collect import facts_of
from approvals.reports.dataset import report_of
from approvals.reports.files import folder
from approvals.reports.generator import generator
from approvals.reports.restated import exact
from decisions import checkpoints, clock, verify
from decisions.models.bulk import snapshot


def run(build: ReportBuild) -> None:
    """Collect, render, write the files, record the report. The build row tells the page how far it is."""

    def progress(step: str, done: int, total: int) -> None:
        ReportBuild.objects.filter(id=build.id).update(
            state="building", step=step, done=done, total=total, updated_at=clock.now()
        )

    progress("Verifying the ledger", 0, 0)
    period, scope = Period.read(build.period), Scope.read(build.scope)
    checkpoint = checkpoints.publish()
    verified = verify.verify_ledger().clean
    progress("Collecting", 0, 0)
    with snapshot():
        facts = facts_of(settings.ORGANISATION, period, scope, now=clock.now(), verified=verified)
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
        period=period.key,
        scope=scope.key,
        edition=report["meta"]["edition"],
        as_of=facts.as_of,
        seq_limit=facts.seq_limit,
        files=files,
        figures={
            m["id"]: {"text": m["text"], "value": exact(m["value"]), "status": m["status"]} for m in report["measures"]
        },
        head=report["verdict"]["head"]["text"],
    )
    ReportBuild.objects.filter(id=build.id).update(state="draft", step="Done", updated_at=clock.now())
