"""Shell and kubectl commands, read by argument and never by pattern: what would they do, and what did they say they did."""

from decisions.intake.commands.classified import Classified
from decisions.intake.commands.classify import classify, classify_argv
from decisions.intake.commands.outcome import outcome_of

__all__ = ["Classified", "classify", "classify_argv", "outcome_of"]
