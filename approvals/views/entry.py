"""One entry of the ledger with what proves it, and the search that leads there."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from approvals.queries import entry as entries
from approvals.queries.find import find
from approvals.queries.picture import picture
from decisions import published, queries
from decisions.auth.people import reads, signed_in


@require_safe
@reads
def page(request: HttpRequest, seq: int) -> HttpResponse:
    """Entry `seq`: what it says, as much of what it discloses as the reader may see, and its proof."""
    found = entries.load(seq, signed_in(request).id)
    if found is None:
        raise Http404
    signatures = published.signatures(found.proof.note) if found.proof else []
    context = {
        "e": found,
        "seq": seq,
        "size": queries.head().size,
        "kind_words": entries.kind_words(found.row.kind),
        "actor": entries.actor_words(str(found.envelope.get("actor", ""))),
        "body": entries.pretty(found),
        "signatures": signatures,
        "picture": picture(found.proof, signatures) if found.proof else None,
        "receipt": f"/api/v1/entries/{seq}/receipt?wait=20",
    }
    response = render(request, "approvals/entry.html", context)
    # What it discloses may be erased tomorrow.
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@reads
def search(request: HttpRequest) -> HttpResponse:
    """Lead to the one entry that `?q=` names, or list those that it may mean."""
    sought, before = request.GET.get("q", ""), request.GET.get("before", "")
    matches = find(sought, queries.whole(before, "before", least=0, most=2**53) if before else None)
    seqs = {match.seq for match in matches.found}
    if len(seqs) == 1:
        return redirect("approvals:entry", seq=seqs.pop())
    return render(request, "approvals/entry_search.html", {"sought": sought[:200], "matches": matches})
