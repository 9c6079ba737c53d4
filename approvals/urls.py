"""Routes of what people said."""

from django.urls import path

from approvals.views import alarms, decision, inbox, policy, policy_drafts, policy_edit, register, reports, stop

app_name = "approvals"
urlpatterns = [
    path("decisions/<uuid:decision_id>/", decision.page, name="decision"),
    path("decisions/<uuid:decision_id>/verdict", decision.verdict, name="verdict"),
    path("decisions/<uuid:decision_id>/sign-off", decision.judge, name="sign_off"),
    path("needs-you/", inbox.needs_you, name="needs_you"),
    path("sign-off/", inbox.sign_off_queue, name="sign_off_queue"),
    path("policy/", policy.page, name="policy"),
    path("policy/versions/<int:version>/", policy.version, name="policy_version"),
    path("policy/drafts/new/", policy_edit.write, name="draft_policy"),
    path("policy/drafts/<uuid:draft_id>/", policy_drafts.one, name="policy_draft"),
    path("policy/drafts/<uuid:draft_id>/activate/", policy_drafts.activate, name="activate_draft"),
    path("policy/drafts/<uuid:draft_id>/withdraw/", policy_drafts.withdraw, name="withdraw_draft"),
    path("register/", register.page, name="register"),
    path("register/agents/<slug:slug>/keys", register.new_key, name="new_key"),
    path("register/agents/<slug:slug>/keys/<str:key_id>/revoke", register.end_key, name="revoke_key"),
    path("register/<str:section>/<str:key>/", register.edit, name="register_edit"),
    path("decisions/<uuid:decision_id>/review", decision.look, name="review"),
    path("decisions/<uuid:decision_id>/extend", decision.extend, name="extend"),
    path("decisions/<uuid:decision_id>/comment", decision.remark, name="comment"),
    path("stop/", stop.page, name="stop"),
    path("stop/bar/", stop.bar, name="stop_bar"),
    path("stop/now/", stop.stop, name="stop_now"),
    path("stop/<uuid:freeze_id>/lift/", stop.lift, name="lift_freeze"),
    path("alarms/", alarms.page, name="alarms"),
    path("alarms/<int:seq>/acknowledge", alarms.acknowledge, name="acknowledge_alarm"),
    path("alarms/<int:seq>/clear", alarms.clear, name="clear_alarm"),
    path("reports/", reports.page, name="reports"),
    path("reports/<uuid:report_id>/", reports.one, name="report"),
    path("reports/<uuid:report_id>/report.<str:format>", reports.file, name="report_file"),
]
