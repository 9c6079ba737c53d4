"""GET /api/v1/timeline and its bins: the same rows as the live stream, by the same seq."""

from datetime import UTC, datetime, timedelta

from rest_framework.request import Request
from rest_framework.response import Response

from decisions import bins, clock, feed, lanes
from decisions.api.base import ApiView, asked
from decisions.api.describing import LIMIT, MOMENT, Operation, describe
from decisions.api.shapes import Bins, Lanes, TimelinePage
from decisions.auth.api import Readers
from decisions.errors import bad_request
from decisions.queries import moment, whole

MAX_LIMIT = 200
SEQ = {"type": "integer", "minimum": -1, "maximum": 2**53}
WINDOW = {"from": MOMENT, "to": MOMENT, "px": {"type": "integer", "minimum": 50, "maximum": 10_000}}


class Timeline(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "getTimeline",
            "Rows of the timeline by seq",
            "both",
            TimelinePage,
            query={"after": SEQ, "before": SEQ, "limit": LIMIT},
            problems=(400,),
            detail=(
                "`after` gives what changed after that entry, oldest change first, each decision once and as it is now; "
                "go on with `next`, or with `seq` when it is null. `before` gives older rows, newest change first. "
                "Without either: the newest. Titles and names are as pages draw them, with hidden characters written out."
            ),
        )
    )
    def get(self, request: Request) -> Response:
        given = asked(request, "after", "before", "limit")
        limit = whole(given.get("limit", "200"), "limit", least=1, most=MAX_LIMIT)
        if "after" in given:
            if "before" in given:
                raise bad_request("Send after or before, not both.")
            rows, seq, more = feed.changed_after(_seq(given["after"], "after"), limit)
            return Response({"seq": seq, "rows": rows, "next": seq if more else None})
        before = _seq(given["before"], "before") if "before" in given else None
        seq = feed.head_seq()
        rows, more = feed.changed_before(before, limit)
        return Response({"seq": seq, "rows": rows, "next": rows[-1]["seq"] if more else None})


def _seq(text: str, name: str) -> int:
    return -1 if text == "-1" else whole(text, name, least=0, most=2**53)


class TimelineBins(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "getTimelineBins",
            "Counts for a wide window, per column and badge",
            "both",
            Bins,
            query=WINDOW,
            problems=(400,),
            detail="Columns are aligned to absolute time, so that panning does not move them. By default the last day.",
        )
    )
    def get(self, request: Request) -> Response:
        return Response(bins.bins(*_window(asked(request, *WINDOW))))


class TimelineLanes(ApiView):
    permission_classes = [Readers]

    @describe(
        Operation(
            "getTimelineLanes",
            "Counts for a wide window, per lane, column and badge",
            "both",
            Lanes,
            query={**WINDOW, "by": {"enum": sorted(lanes.LANES)}},
            problems=(400,),
            detail=(
                "As the bins, for each service or agent. What does not fit is told as one lane, `others`: that which calls "
                "for least attention."
            ),
        )
    )
    def get(self, request: Request) -> Response:
        given = asked(request, *WINDOW, "by")
        by = given.get("by", "service")
        if by not in lanes.LANES:
            raise bad_request(f"by must be one of {', '.join(sorted(lanes.LANES))}.")
        return Response(lanes.lanes(*_window(given), by))


def _window(given: dict[str, str]) -> tuple[datetime, datetime, int]:
    """(from, to, px): by default the last day, a thousand pixels wide."""
    to = moment(given["to"], "to") if "to" in given else clock.now()
    start = moment(given["from"], "from") if "from" in given else _day_before(to)
    if not start < to:
        raise bad_request("from must be before to.")
    return start, to, whole(given.get("px", "1000"), "px", least=50, most=10_000)


def _day_before(at: datetime) -> datetime:
    first = datetime.min.replace(tzinfo=UTC)
    return at - timedelta(days=1) if at - first > timedelta(days=1) else first
