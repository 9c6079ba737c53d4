"""Every type of problem document, by its stable name. It must not know which view raises it: a test looks that up."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rest_framework.request import Request
from rest_framework.response import Response

from decisions.api.base import ApiView
from decisions.api.describing import Operation, describe
from decisions.api.shapes import ProblemType
from decisions.auth.api import Anybody
from decisions.errors import not_found


@dataclass(frozen=True, slots=True)
class Meaning:
    statuses: tuple[int, ...]
    meaning: str


PROBLEM_TYPES: Mapping[str, Meaning] = MappingProxyType(
    {
        "already-approved": Meaning((409,), "You have approved this decision already; it waits for others."),
        "already-decided": Meaning(
            (409,),
            "Somebody decided before you; `detail` says who and what. Nothing of yours was recorded but the attempt.",
        ),
        "another-action": Meaning(
            (409,),
            "The agent's name for the decision stands for another action already. Use a new name for a new action.",
        ),
        "another-version": Meaning(
            (409,),
            "Another version of the policy came in force since the draft; `version` says which. Draft again on top of it.",
        ),
        "bad-event": Meaning(
            (400,), "An event or its data does not have the shape of the contract; `index` names it in a batch."
        ),
        "bad-item": Meaning(
            (400,), "An item of a board register cannot be true as it stands; `faults` names everything."
        ),
        "bad-key": Meaning((400,), "A key needs a lifetime of 1 to 90 days and at least one scope."),
        "bad-mapping": Meaning((400,), "What was written is no mapping of a format; the detail says why."),
        "bad-otlp": Meaning((400,), "The body is no request of the OpenTelemetry protocol."),
        "bad-period": Meaning(
            (400,),
            "A report is of a month that has begun, or of its first and last day; and of a team or service that the register knows.",
        ),
        "bad-policy": Meaning((422,), "The document is not a policy that can be used; `errors` lists every fault."),
        "bad-request": Meaning((400,), "The request cannot be read; `detail` says what is wrong with it."),
        "bad-run": Meaning((400,), "The recorded run cannot be read further; what came before stays."),
        "bad-signature": Meaning((401,), "The body is not signed with a secret of this source."),
        "bad-time": Meaning(
            (400,), "An event's time lies more than five minutes in the future. Check the clock of its source."
        ),
        "cause-needed": Meaning((400,), "A refusal, and a harmful effect, need a cause."),
        "chain-ended": Meaning((409,), "Everybody who can be called to the decision has been called."),
        "changed-duplicate": Meaning(
            (409,),
            "The source and id of an event were used before with another body. Send a changed event under a new id.",
        ),
        "claimed": Meaning((409,), "The right to act was claimed under another key. There is one claim of a decision."),
        "control-character": Meaning((400,), "An identifier holds a character that cannot be seen."),
        "csrf": Meaning((403,), "A person's unsafe request needs the CSRF token of the session in X-CSRFToken."),
        "denied": Meaning((403,), "The policy does not permit the action. Do not act."),
        "disconnected": Meaning((400,), "The connection ended before the body did. Nothing was stored."),
        "duplicate-open": Meaning(
            (409,), "The same action of the same agent is open already; wait for `decision_id` instead."
        ),
        "expired": Meaning((410,), "The time for it is over, or a freeze ended it. Propose the action again."),
        "fault": Meaning((500,), "A fault of ours. What was answered with 2xx is stored; send this request again."),
        "fixed": Meaning((409,), "Items of this register are never changed. Withdraw this one and record another."),
        "forbidden": Meaning((403,), "This sign-in may not do that."),
        "frozen": Meaning(
            (423,),
            "People have stopped the agent or what it acts on. Nothing in the scope is claimed until it is lifted.",
        ),
        "hash-mismatch": Meaning(
            (412, 422),
            "What the person saw, or what the agent claims, is not this action. Read the decision again.",
        ),
        "held-long-enough": Meaning((409,), "A hold lasts seven days at most."),
        "idempotency-key": Meaning((400,), "A command needs an Idempotency-Key of 1 to 255 visible ASCII characters."),
        "idempotency-mismatch": Meaning(
            (422,), "The Idempotency-Key was used for another request. Use a new key for a new command."
        ),
        "last-administrator": Meaning(
            (409,), "Nobody could administer the register after this change. Make another administrator first."
        ),
        "ledger-disagreement": Meaning(
            (503,),
            "The ledger disagrees with what was signed of it. Nothing is written until an operator has looked at it; do not act.",
        ),
        "lease-over": Meaning(
            (410,), "The lease is over. Stop, do not act again, and report what was done: a person reviews it."
        ),
        "legal-hold": Meaning(
            (409,), "A legal hold keeps some of what was to be erased; `legal_holds` names them. Nothing was erased."
        ),
        "machine-cannot-vote": Meaning(
            (403,),
            "A machine's credential can never approve, veto, sign off, or answer for a person, whatever its scopes.",
        ),
        "method-not-allowed": Meaning((405,), "The address does not take this method; Allow says which it takes."),
        "no-second-factor": Meaning((409,), "The person has no second factor that could be removed."),
        "not-acceptable": Meaning((406,), "There is no such representation."),
        "not-active": Meaning((409,), "The person has left. Make them active in the register first."),
        "not-eligible": Meaning((403,), "The requirement names groups of which you are not a member."),
        "not-found": Meaning((404,), "There is no such thing, or it is not yours to see."),
        "not-linked": Meaning((409,), "The evidence is not linked to the decision any more."),
        "not-next": Meaning(
            (409,), "Somebody else of the chain comes next than the one who was named. Nobody was called."
        ),
        "not-normal": Meaning((400,), "An identifier is not in Unicode form NFC."),
        "not-open": Meaning(
            (409,), "It is not open any more: a hold that is over, an alarm that is handled, a draft that has ended."
        ),
        "not-ruled": Meaning(
            (503,), "The policy could not be asked, so nothing was permitted. Claim again in a moment."
        ),
        "not-signed": Meaning(
            (404,), "The entry is recorded, and no checkpoint covers it yet. Ask again after Retry-After."
        ),
        "not-stored": Meaning(
            (503,), "The database did not take the request and nothing was stored. Send it again, unchanged."
        ),
        "not-strict-json": Meaning(
            (400,),
            "The body is not strict JSON: duplicate keys, NaN, integers beyond 2^53-1, lone surrogates, U+0000, depth over 16.",
        ),
        "not-yet": Meaning((409,), "The decision is still open; it can be signed off after the act."),
        "nothing-to-erase": Meaning((409,), "Nothing of what was named is disclosed any more."),
        "other-outcome": Meaning((409,), "Another outcome of the lease was told before; it stands."),
        "policy-changed": Meaning(
            (412,), "The policy no longer permits the action on what was agreed. Propose it again."
        ),
        "precondition-required": Meaning((428,), "The command needs If-Match with the ETag of what was read."),
        "queue-full": Meaning(
            (429,), "More is waiting than can be stored in a moment. Send it again after Retry-After."
        ),
        "rate-limited": Meaning(
            (429,), "The agent asks more often than it may. Nothing was looked at; ask again after Retry-After."
        ),
        "raw-secret": Meaning(
            (400,), "A proposal's parameter holds a secret; `path` says which. Send a reference to the secret instead."
        ),
        "reason-needed": Meaning(
            (400,),
            "A sign-off, a review, a draft, an erasure and a legal hold need a reason of at least ten characters.",
        ),
        "reauth-required": Meaning(
            (401,), "The sign-in is too old for this. Sign in again at /accounts/reauthenticate/."
        ),
        "report-immature": Meaning(
            (409,),
            "Its actions may still turn out to have failed. The final edition is built three days after the end of its period.",
        ),
        "report-issued": Meaning(
            (409,), "The edition is issued, and nothing about it changes any more. Build a new edition."
        ),
        "report-not-attested": Meaning(
            (409,), "A manager attests each page of an edition before an executive signs it."
        ),
        "report-replaced": Meaning(
            (409,), "A later edition of the same period has taken its place. Answer for that one."
        ),
        "report-stale": Meaning(
            (409,), "Something that the edition may repeat was erased since it was built. Build it again."
        ),
        "role": Meaning((403,), "It takes a role that you do not have."),
        "scope": Meaning((403,), "The key lacks a scope. An administrator makes keys."),
        "second-factor-needed": Meaning(
            (403,), "Your roles take a second factor for this. Set one up under /account/; a veto and a stop need none."
        ),
        "second-person": Meaning((409,), "You have asked to lift the freeze already; a second person must agree."),
        "self-approval": Meaning(
            (403,),
            "The owner of an agent may not approve or review its actions, nor the author of a draft activate it.",
        ),
        "stale-fencing": Meaning((409,), "The fencing number is not that of the lease or order."),
        "stale-view": Meaning((412,), "What you read has changed since. Read it again and decide anew."),
        "still-needed": Meaning(
            (409,), "Something that was to be erased is needed still; `detail` says for what. Nothing was erased."
        ),
        "still-owned": Meaning(
            (409,), "Somebody who leaves is still the only owner of something; `left` lists it. Hand it over first."
        ),
        "too-large": Meaning(
            (413,), "A command and an event hold at most 64 KiB, a body of events 16 MiB, packed or not."
        ),
        "too-many-keys": Meaning((409,), "An agent has at most two live keys. Revoke one first."),
        "too-many-open": Meaning(
            (429,), "As many decisions of the agent wait for people as may. Withdraw some, or wait for the answers."
        ),
        "unauthorized": Meaning((401,), "There is no valid key and no session."),
        "unchanged": Meaning((409,), "This policy is in force already."),
        "unknown-agent": Meaning((422,), "The register has no such agent."),
        "unknown-field": Meaning((400,), "A field or attribute is not known. Bodies are closed."),
        "unknown-filter": Meaning((400,), "A parameter of the query is not known."),
        "unknown-group": Meaning((422,), "The register has no such group."),
        "unknown-person": Meaning((422,), "The register has no such person."),
        "unknown-record": Meaning(
            (400,), "No rule of the format knows a record of this form. Nothing of the request was taken."
        ),
        "unknown-run": Meaning((415,), "The run is in no format that is read."),
        "unknown-scope": Meaning((400,), "There is nothing of that name to stop."),
        "unknown-type": Meaning((400,), "The type of the event is not known."),
        "unsupported-charset": Meaning((415,), "Bodies are UTF-8."),
        "unsupported-encoding": Meaning(
            (415,), "The Content-Encoding is not taken here: gzip for events, none for commands."
        ),
        "unsupported-media-type": Meaning((415,), "The Content-Type is not taken here."),
        "version-used": Meaning(
            (409,), "That version of the format was there before. Count on from it, so that each version is one text."
        ),
        "vetoed": Meaning((403,), "People have vetoed the action. Do not act."),
        "window-open": Meaning((425,), "People can still veto. Claim again after Retry-After."),
    }
)


class ExplainProblem(ApiView):
    """What `type` of a problem document points to."""

    authentication_classes = []
    permission_classes = [Anybody]

    @describe(Operation("getProblemType", "What a problem type means", "anybody", ProblemType, problems=(404,)))
    def get(self, request: Request, slug: str) -> Response:
        found = PROBLEM_TYPES.get(slug)
        if found is None:
            raise not_found("problem type")
        return Response({"type": f"/problems/{slug}", "statuses": list(found.statuses), "meaning": found.meaning})


class Unknown(ApiView):
    """An address under /api/ that nobody serves: a problem document, not a page."""

    authentication_classes = []
    permission_classes = [Anybody]
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def get(self, request: Request) -> Response:
        raise not_found("address")

    post = put = patch = delete = get
