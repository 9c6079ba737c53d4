"""Where the line is drawn: the table, and the document it is read from. Pure; it must not import a framework."""

from approvals.policy.document import BadPolicyError, read, sha256_of
from approvals.policy.table import Policy, rule

__all__ = ["BadPolicyError", "Policy", "read", "rule", "sha256_of"]
