"""The ledger page for auditors: size, root, checkpoints, latest entries."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from decisions import clock, notes, published, queries, timestamps
from decisions.auth.people import reads

SHOWN = 50


@require_safe
@reads
def page(request: HttpRequest) -> HttpResponse:
    """The newest entries, or those before `?before=<seq>`."""
    head = queries.head()
    before = request.GET.get("before", "")
    last = (queries.whole(before, "before", least=0, most=2**53) if before else head.size) - 1
    last = min(last, head.size - 1)
    entries = queries.leaves(max(0, last - SHOWN + 1), last)
    context = {
        "size": head.size,
        "root": bytes(head.root).hex(),
        "checkpoint": queries.last_checkpoint(),
        "confirmed_at": notes.confirmed_at(),
        "keys": notes.ring().keys,
        "witnesses": published.witnesses(clock.now()),
        "timestamp": timestamps.last(),
        "entries": entries,
        "gaps": queries.gaps(),
        "older": entries[-1]["seq"] if entries and entries[-1]["seq"] else None,
    }
    return render(request, "decisions/ledger.html", context)
