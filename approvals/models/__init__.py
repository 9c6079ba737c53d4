"""The tables of what people said: policy versions, verdicts, sign-offs, reports."""

from approvals.models.erasure import Erasure
from approvals.models.policy import PolicyDraft, PolicyVersion
from approvals.models.reports import Report, ReportBuild
from approvals.models.said import Comment, IdempotentAnswer, SignOffRecord, Verdict

__all__ = [
    "Comment",
    "Erasure",
    "IdempotentAnswer",
    "PolicyDraft",
    "PolicyVersion",
    "Report",
    "ReportBuild",
    "SignOffRecord",
    "Verdict",
]
