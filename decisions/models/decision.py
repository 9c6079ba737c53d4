"""The decision: one action that an agent decided on, from proposal or report to sign-off."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from decisions.models.clocks import Heartbeat, ServedClock
from decisions.vocab import CONTRADICTED_BY, Basis, Level, Risk, SignOff, State

BLANK_OR_LEVEL = ["", *Level]


class DecisionManager(models.Manager["Decision"]):
    """Decisions with the operational clocks that their effective state needs, so that no read can forget them."""

    _kept: "models.QuerySet[Decision] | None" = None

    def get_queryset(self) -> "models.QuerySet[Decision]":
        # Made once: to make it anew takes longer than to ask for a row.
        if self._kept is None:
            self._kept = self._made()
        return self._kept.all()

    def _made(self) -> "models.QuerySet[Decision]":
        served = ServedClock.objects.filter(id=1)
        beats = Heartbeat.objects.filter(decision_seq=models.OuterRef("seq"))
        return (
            super()
            .get_queryset()
            .annotate(  # type: ignore[no-redef]  # the plugin takes what the model promises for a second definition
                beat_until=models.Subquery(beats.values("until")),
                served_ms=models.Subquery(served.values("served_ms")),
                resumed_ms=models.Subquery(served.values("resumed_ms")),
            )
        )


class Decision(models.Model):
    """Read model: the fold of a decision's entries. The key is the seq of its first entry."""

    READ_MODEL = True
    seq = models.BigIntegerField(primary_key=True)
    id = models.UUIDField(unique=True)
    ref_key = models.CharField(max_length=32, unique=True)
    """Hash of (agent, the agent's own name for the decision): how later events find it."""
    version = models.IntegerField()
    last_seq = models.BigIntegerField(db_index=True)
    complete = models.BooleanField(default=False)
    """False while only an outcome has come and the action itself has not."""

    agent_id = models.UUIDField()
    agent_ref = models.CharField(max_length=200, blank=True)
    episode = models.CharField(max_length=200, blank=True)
    service = models.CharField(max_length=64, blank=True)
    environment = models.CharField(max_length=64, blank=True)
    environment_class = models.CharField(max_length=8, blank=True)
    resource = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=64, blank=True)
    tier = models.SmallIntegerField(null=True)
    data_class = models.CharField(max_length=40, blank=True)
    owner_id = models.UUIDField(null=True)
    deputy_id = models.UUIDField(null=True)
    team = models.CharField(max_length=120, blank=True)

    level_ruled = models.CharField(max_length=2, blank=True)
    level_used = models.CharField(max_length=2, blank=True)
    beyond = models.BooleanField(default=False)
    rule = models.CharField(max_length=120, blank=True)
    policy_version = models.IntegerField(null=True)
    risk = models.CharField(max_length=6, blank=True)
    reversible = models.BooleanField(null=True)

    title = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=20)
    outcome = models.CharField(max_length=16, blank=True)
    outcome_observed = models.BooleanField(default=False)
    outcome_own = models.BooleanField(default=False)
    """Told by an event of its own, not together with the action."""
    outcome_detail = models.TextField(blank=True)
    proposed = models.BooleanField(default=False)
    replayed = models.BooleanField(default=False)
    occurred_at = models.DateTimeField()
    """When it was done, by the first of the times that reports state; before any has come, when it was asked for."""
    acted_at = models.DateTimeField(null=True)
    """The first of those times; null while none has come."""
    received_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    hold_until = models.DateTimeField(null=True)
    hold_seconds = models.IntegerField(default=1800)
    window_ms = models.BigIntegerField(null=True)
    """How long people must have had to veto, in served time; null where nothing runs into a window."""
    served_due = models.BigIntegerField(null=True)
    """The served time at which the window is over."""
    stopped_at = models.DateTimeField(null=True)
    """Since when a freeze has stopped the clocks of this hold."""
    claim_until = models.DateTimeField(null=True)
    claim_seconds = models.IntegerField(default=600)
    basis = models.CharField(max_length=11, blank=True)
    """What permission to act rests on."""
    lease_id = models.UUIDField(null=True, unique=True)
    lease_seq = models.BigIntegerField(null=True)
    """The seq of the claim: its fencing number."""
    lease_until = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    """When the holder of the lease told its outcome: what is done much later is not done under it."""
    claim_key = models.CharField(max_length=64, blank=True)
    """SHA-256 of the key under which the claim was made: the same key gets the same lease."""
    executor = models.CharField(max_length=200, blank=True)
    to_revert = models.BooleanField(default=False)
    """Vetoed when the act could no longer be prevented: only a revert or a named person ends it."""
    protect_seconds = models.IntegerField(default=3600)
    protect_until = models.DateTimeField(null=True)
    requirement = models.JSONField(default=list)
    action = models.JSONField(null=True)
    action_hash = models.CharField(max_length=71, blank=True)
    account = models.JSONField(default=dict)
    """The agent's words: rationale, evidence, alternatives, confidence, model, trigger, estimate; each may be absent."""

    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    sign_off = models.CharField(max_length=8, default=SignOff.NONE)
    sign_off_seconds = models.IntegerField(null=True)
    sign_off_due = models.DateTimeField(null=True)
    effect = models.CharField(max_length=16, blank=True)
    cause = models.CharField(max_length=20, blank=True)

    objects = DecisionManager()
    rows = models.Manager["Decision"]()
    """The rows alone, for the fold: it may know no clock but that of the entries."""
    beat_until: datetime | None = None
    served_ms: int | None = None
    resumed_ms: int | None = None

    class Meta:
        db_table = "decision"
        constraints = (
            models.CheckConstraint(condition=Q(state__in=list(State)), name="decision_state"),
            models.CheckConstraint(condition=Q(level_ruled__in=BLANK_OR_LEVEL), name="decision_level_ruled"),
            models.CheckConstraint(condition=Q(level_used__in=BLANK_OR_LEVEL), name="decision_level_used"),
            models.CheckConstraint(condition=Q(basis__in=["", *Basis]), name="decision_basis"),
            models.CheckConstraint(
                condition=~Q(state=State.EXECUTING)
                | Q(lease_seq__isnull=False, lease_id__isnull=False, lease_until__isnull=False),
                name="decision_executes_by_claim",
            ),
            models.CheckConstraint(condition=Q(risk__in=["", *Risk]), name="decision_risk"),
            models.CheckConstraint(condition=Q(sign_off__in=list(SignOff)), name="decision_sign_off"),
            models.CheckConstraint(
                condition=~Q(state__in=[State.SUGGESTED, State.PENDING, State.WINDOW]) | Q(hold_until__isnull=False),
                name="decision_hold_ends",
            ),
            models.CheckConstraint(
                condition=Q(sign_off=SignOff.NONE) | Q(sign_off_due__isnull=False), name="decision_sign_off_due"
            ),
        )
        indexes = (
            # With seq: a list of a span of time is read off the index alone.
            models.Index(fields=["occurred_at", "seq"], name="decision_at"),
            # What a list follows, newest first: see decisions.lists.
            models.Index(fields=["service", "seq"], name="decision_service"),
            models.Index(fields=["episode", "seq"], name="decision_episode"),
            models.Index(fields=["agent_id", "seq"], name="decision_agent"),
            # A proposal asks whether the same action is open already.
            models.Index(fields=["action_hash"], name="decision_action"),
            models.Index(fields=["environment", "seq"], name="decision_environment"),
            models.Index(fields=["kind", "seq"], name="decision_kind"),
            models.Index(fields=["state", "seq"], name="decision_of_state"),
            models.Index(fields=["sign_off", "seq"], name="decision_of_sign_off"),
            models.Index(
                fields=["hold_until"],
                name="decision_open_hold",
                condition=Q(state__in=[State.SUGGESTED, State.PENDING, State.WINDOW]),
            ),
            models.Index(
                fields=["agent_id"],
                name="decision_open_of_agent",
                condition=Q(state__in=[State.SUGGESTED, State.PENDING, State.WINDOW]),
            ),
            # With when it occurred: a window of the timeline asks which of its own have been moved by time.
            models.Index(
                fields=["state", "occurred_at"],
                name="decision_in_flight",
                condition=Q(
                    state__in=[State.AUTHORIZED, State.EXECUTING, State.REVERT_ORDERED, State.REVERTING, State.REVIEW]
                ),
            ),
            # Among many unknown outcomes the few that a person must end: every page counts them.
            models.Index(
                fields=["seq"],
                name="decision_left_unknown",
                condition=Q(state=State.UNKNOWN, lease_seq__isnull=False),
            ),
            # Likewise what was seen otherwise than the holder of its lease told: see decisions.states.
            models.Index(
                fields=["seq"],
                name="decision_contradicted",
                condition=Q(outcome_observed=True)
                & (
                    Q(state=State.SUCCEEDED, outcome__in=sorted(CONTRADICTED_BY[State.SUCCEEDED]))
                    | Q(state=State.FAILED, outcome__in=sorted(CONTRADICTED_BY[State.FAILED]))
                ),
            ),
            models.Index(
                fields=["protect_until"],
                name="decision_protected",
                condition=Q(state__in=[State.SUCCEEDED, State.FAILED]),
            ),
            # With all that the queue counts and groups by: it is read off the index alone.
            models.Index(
                fields=["sign_off_due", "seq", "agent_id", "episode", "kind", "service", "tier", "owner_id", "state"],
                name="decision_owed",
                condition=Q(sign_off=SignOff.REQUIRED),
            ),
        )
