"""Routes of the ordinary API. The hot ones are in `oversight.routing`."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from approvals.api import (
    alarms,
    commands,
    decisions,
    entries,
    erasures,
    freezes,
    holds,
    keys,
    ledger_checks,
    legal_holds,
    policy,
    policy_drafts,
    register,
    reports,
    vetoes,
)
from decisions.api import ledger, problem_types, timeline

app_name = "api"
urlpatterns = [
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/v1/timeline", timeline.Timeline.as_view(), name="timeline"),
    path("api/v1/timeline/bins", timeline.TimelineBins.as_view(), name="timeline_bins"),
    path("api/v1/decisions", decisions.Decisions.as_view(), name="decisions"),
    path("api/v1/decisions.csv", decisions.DecisionsCsv.as_view(), name="decisions_csv"),
    path("api/v1/decisions.jsonl", decisions.DecisionsJsonLines.as_view(), name="decisions_jsonl"),
    path("api/v1/decisions/<uuid:decision_id>", decisions.OneDecision.as_view(), name="decision"),
    path("api/v1/decisions/<uuid:decision_id>/verdicts", commands.Verdicts.as_view(), name="verdicts"),
    path("api/v1/decisions/<uuid:decision_id>/sign-off", commands.SignOffs.as_view(), name="sign_off"),
    path("api/v1/services", register.Services.as_view(), name="services"),
    path("api/v1/agents", register.Agents.as_view(), name="agents"),
    path("api/v1/groups", register.Groups.as_view(), name="groups"),
    path("api/v1/decisions/<uuid:decision_id>/extend", holds.Extend.as_view(), name="extend"),
    path("api/v1/decisions/<uuid:decision_id>/comments", holds.Comments.as_view(), name="comments"),
    path("api/v1/decisions/<uuid:decision_id>/review", holds.Reviews.as_view(), name="review"),
    path("api/v1/vetoes", vetoes.VetoAll.as_view(), name="veto_all"),
    path("api/v1/freezes", freezes.Freezes.as_view(), name="freezes"),
    path("api/v1/freezes/<uuid:freeze_id>/lift", freezes.LiftFreeze.as_view(), name="lift_freeze"),
    path("api/v1/erasures", erasures.Erasures.as_view(), name="erasures"),
    path("api/v1/legal-holds", legal_holds.LegalHolds.as_view(), name="legal_holds"),
    path("api/v1/legal-holds/<uuid:hold_id>/lift", legal_holds.LiftLegalHold.as_view(), name="lift_legal_hold"),
    path(".well-known/jwks.json", keys.VerdictKeys.as_view(), name="jwks"),
    path("api/v1/policy", policy.PolicyInForce.as_view(), name="policy"),
    path("api/v1/policy/evaluate", policy.EvaluatePolicy.as_view(), name="evaluate_policy"),
    path("api/v1/policy/versions", policy_drafts.Versions.as_view(), name="policy_versions"),
    path("api/v1/policy/versions/<int:version>", policy.OneVersion.as_view(), name="policy_version"),
    path("api/v1/policy/versions/<int:version>/replay", policy.ReplayVersion.as_view(), name="replay_version"),
    path("api/v1/policy/drafts", policy_drafts.Drafts.as_view(), name="policy_drafts"),
    path("api/v1/policy/drafts/<uuid:draft_id>", policy_drafts.OneDraft.as_view(), name="policy_draft"),
    path("api/v1/policy/drafts/<uuid:draft_id>/activate", policy_drafts.ActivateDraft.as_view(), name="activate_draft"),
    path("api/v1/policy/drafts/<uuid:draft_id>/withdraw", policy_drafts.WithdrawDraft.as_view(), name="withdraw_draft"),
    path("api/v1/policy/drafts/<uuid:draft_id>/replay", policy_drafts.ReplayDraft.as_view(), name="replay_draft"),
    path("api/v1/alarms", alarms.Alarms.as_view(), name="alarms"),
    path("api/v1/alarms/<int:seq>/acknowledge", alarms.AcknowledgeAlarm.as_view(), name="acknowledge_alarm"),
    path("api/v1/alarms/<int:seq>/clear", alarms.ClearAlarm.as_view(), name="clear_alarm"),
    path("api/v1/reports", reports.Reports.as_view(), name="reports"),
    path("api/v1/reports/<uuid:report_id>", reports.OneReport.as_view(), name="report"),
    path(
        "api/v1/reports/<uuid:report_id>/report.<str:extension>", reports.ReportFileView.as_view(), name="report_file"
    ),
    path("api/v1/entries", entries.Entries.as_view(), name="entries"),
    path("api/v1/entries/<int:seq>", entries.OneEntry.as_view(), name="entry"),
    path("api/v1/ledger-checks", ledger_checks.LedgerChecks.as_view(), name="ledger_checks"),
    path("api/v1/ledger-checks/<uuid:check_id>", ledger_checks.OneLedgerCheck.as_view(), name="ledger_check"),
    path("ledger/checkpoint", ledger.Checkpoint.as_view(), name="checkpoint"),
    path("ledger/policy", ledger.Policy.as_view(), name="ledger_policy"),
    path("ledger/tile/entries/<path:name>", ledger.Bundle.as_view(), name="entry_bundle"),
    path("ledger/tile/<str:level>/<path:name>", ledger.Hashes.as_view(), name="tile"),
    path("problems/<slug:slug>", problem_types.ExplainProblem.as_view(), name="problem"),
    # Without an end: an address may hold a line break, which a dot does not match.
    re_path("^(?:api|problems|ledger/tile)/", problem_types.Unknown.as_view(schema=None), name="unknown"),
]
