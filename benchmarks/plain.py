"""The baseline: intake as a plain Django REST framework view with the ORM, one row object and one statement at a time.

It does the same job as the hot route: authenticates the key, validates, finds duplicates, rules by the policy, and
stores entry, disclosures, decision and timeline under the head lock.
"""

import json
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.urls import path
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from decisions import clock, ledger
from decisions.auth.keys import AgentPrincipal
from decisions.envelope import open_entry, seal
from decisions.intake import cloudevents, events
from decisions.merkle import Frontier, leaf_hash
from decisions.models import Decision, Timeline
from decisions.models.ledger import Disclosure, EntryRow, Head
from decisions.moment import Moment
from decisions.projections import decided


class EventSerializer(serializers.Serializer[Any]):
    specversion = serializers.CharField()
    id = serializers.CharField(max_length=400)
    source = serializers.CharField(max_length=400)  # type: ignore[assignment]  # a field of that name, as CloudEvents has it
    type = serializers.CharField(max_length=400)
    time = serializers.DateTimeField()
    data = serializers.JSONField()  # type: ignore[assignment]  # as above


class PlainEvents(APIView):
    parser_classes = [JSONParser]

    def post(self, request: Request) -> Response:
        many = isinstance(request.data, list)
        serializer = EventSerializer(data=request.data, many=many)
        serializer.is_valid(raise_exception=True)
        sent = request.data if many else [request.data]
        read = [cloudevents.read_event(item, settings.EVENT_LIMIT) for item in sent]
        prepared = events.prepare(cast("AgentPrincipal", request.user).agent_id, read)
        with transaction.atomic():
            last = [self.store(item) for item in prepared][-1]
        return Response({"accepted": len(sent), "last_seq": last})

    def store(self, item: events.Prepared) -> int:
        """One event, the plain way: lock, look, save, save, save."""
        head = Head.objects.select_for_update().get(id=1)
        if EntryRow.objects.filter(id=item.entry_id).exists():
            return head.size - 1
        now = clock.now()
        frontier = Frontier.from_bytes(head.size, bytes(head.frontier))
        for draft in events.decide([item], Moment(now, str(head.config or ""), head.size, frozenset([item.ref]))):
            sealed = seal(draft, log=settings.LOG_ORIGIN, at=now)
            leaf, seq = leaf_hash(sealed.body), head.size
            EntryRow.objects.create(seq=seq, id=sealed.id, kind=sealed.kind, at=now, body=sealed.body, leaf=leaf)
            for name, text in sealed.disclosures:
                key, own = ledger.keyring().seal(f"{seq}:{name}", text.encode())
                Disclosure.objects.create(seq=seq, name=name, key=key, sealed=own)
            entry = open_entry(seq, sealed.body, (text for _, text in sealed.disclosures))
            row = Decision.objects.filter(ref_key=item.ref).first() or decided.blank(entry)
            decided.FOLD[entry.kind](row, entry)
            row.version, row.last_seq = row.version + 1, seq
            row.save()
            Timeline.objects.create(
                seq=seq, decision_seq=row.seq, kind=entry.kind, state=row.state, actor=entry.actor, at=now
            )
            frontier.append(leaf)
            head.size += 1
        head.root, head.frontier, head.at = frontier.root(), frontier.to_bytes(), now
        head.save()
        return head.size - 1


urlpatterns = [path("plain", PlainEvents.as_view())]


def body_of(count: int, start: int, service: str = "geo") -> list[dict[str, Any]]:
    """`count` different events of the ordinary shape and size, of that service of the register."""
    return [event(start + number, service) for number in range(count)]


def event(number: int, service: str = "geo") -> dict[str, Any]:
    made: dict[str, Any] = json.loads(TEMPLATE)
    made["id"] = f"bench-{number}"
    made["data"]["decision"] = f"d-{number}"
    made["data"]["action"]["target"]["service"] = service
    return made


TEMPLATE = """
{"specversion": "1.0", "id": "", "source": "/agents/bench", "type": "oversight.decision.executed.v1",
 "time": "2026-11-22T03:47:12.123Z", "subject": "geo/prod",
 "data": {"decision": "", "episode": "inc-4711",
  "action": {"kind": "rollback", "target": {"service": "geo", "environment": "prod", "resource": "deployment/geo"},
   "parameters": {"to_revision": "421"}, "undo": {"kind": "rollout", "parameters": {"to_revision": "422"}}},
  "rationale": "error rate 7.2 % > 2 % for 5 min after revision 422; 421 was healthy for six days",
  "evidence": [{"kind": "metric", "name": "http_5xx_ratio", "value": 0.072, "limit": 0.02, "at": "2026-11-22T03:46:50Z"}],
  "confidence": 0.93, "outcome": {"status": "succeeded", "detail": "revision 421 serving"}}}
"""
