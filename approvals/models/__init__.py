"""The tables of what people said: policy versions, verdicts, sign-offs, reports, checks of the ledger."""

from approvals.models.checks import LedgerCheck
from approvals.models.erasure import Erasure
from approvals.models.policy import PolicyDraft, PolicyVersion
from approvals.models.reports import Attestation, Report, ReportBuild, ReportDownload
from approvals.models.said import Comment, IdempotentAnswer, Opening, SignOffRecord, Verdict

__all__ = [
    "Attestation",
    "Comment",
    "Erasure",
    "IdempotentAnswer",
    "LedgerCheck",
    "Opening",
    "PolicyDraft",
    "PolicyVersion",
    "Report",
    "ReportBuild",
    "ReportDownload",
    "SignOffRecord",
    "Verdict",
]
