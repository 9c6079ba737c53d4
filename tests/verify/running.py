"""Runs the verifier in this process, as its command does. It must not soften what it finds."""

from pathlib import Path

from oversight_verify.cli import kind_of, parser, run
from oversight_verify.findings import Findings


def verify(*arguments: str | Path) -> Findings:
    chosen = parser().parse_args([str(argument) for argument in (*arguments, "--workers", "1")])
    return run(kind_of(chosen.what), chosen)


def said(findings: Findings) -> str:
    return "\n".join([*findings.refuted, *findings.unreadable, *findings.missing])
