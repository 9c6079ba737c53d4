"""OpenTelemetry: what agents' traces and logs tell of their acts, in both encodings of the protocol."""

from decisions.intake.otlp.answers import encoding_of, refused, taken
from decisions.intake.otlp.read import Batch, read_logs, read_traces
from decisions.intake.otlp.records import Rejected

__all__ = ["Batch", "Rejected", "encoding_of", "read_logs", "read_traces", "refused", "taken"]
