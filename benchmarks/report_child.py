"""One measurement of `benchmarks.reports` in a process of its own, so that its memory is its own: what, and of which period.

It says what it found as a line of JSON. It must not be started by itself: its parent's environment says which database it is.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from approvals.models import Verdict  # noqa: E402 - the settings come first
from approvals.periods import Period  # noqa: E402
from approvals.reports.build import render_all  # noqa: E402
from approvals.reports.collect import facts_of  # noqa: E402
from approvals.reports.dataset import report_of  # noqa: E402
from approvals.reports.generator import generator  # noqa: E402
from decisions import clock  # noqa: E402
from decisions.models import Decision  # noqa: E402
from decisions.models.bulk import snapshot  # noqa: E402

NAIVE = 20_000
"""How many decisions the loop is given: it takes as long for each, however many there are."""


def build(period: Period) -> tuple[float, float, float, dict[str, Any]]:
    """The worker's steps after verification: seconds to count and to draw, MiB at most, and the figures."""
    began = time.perf_counter()
    with snapshot():
        facts = facts_of("Example", period, now=clock.system(), verified=True)
        report = report_of(facts, generator())
    counted = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        proof = {
            "checkpoint": "",
            "seq_limit": facts.seq_limit,
            "root": facts.root,
            "dataset": "report.json",
            "how": "",
        }
        render_all(report, proof, Path(folder), lambda *_: None)
    figures = {one["id"]: [one["numerator"], one["denominator"]] for one in report["measures"]}
    return counted, time.perf_counter() - began - counted, memory(), figures


def naive(period: Period) -> tuple[int, float, float]:
    """(decisions, seconds, MiB) of counting M2, M4 and M7 by loading each decision and what was said of it."""
    began = time.perf_counter()
    taken = []
    beyond = failed = vetoed = 0
    seqs = Decision.rows.filter(occurred_at__gte=period.start, occurred_at__lt=period.end).order_by("seq")
    for seq in seqs.values_list("seq", flat=True)[:NAIVE]:
        row = Decision.objects.get(seq=seq)
        said = list(Verdict.objects.filter(decision_seq=seq))
        beyond += row.beyond
        failed += row.outcome in ("failed", "partial") or row.effect == "harmed"
        vetoed += any(one.verdict == "veto" for one in said)
        taken.append(row)
    return len(taken), time.perf_counter() - began, memory()


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps({"build": build, "naive": naive}[sys.argv[1]](Period.read(sys.argv[2]))))
