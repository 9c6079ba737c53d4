"""OpenTelemetry: what agents' traces and logs tell of their acts, in both encodings of the protocol."""

from decisions.intake.otlp.answers import encoding_of, refused, taken
from decisions.intake.otlp.read import Batch, read_logs, read_traces

__all__ = ["Batch", "encoding_of", "read_logs", "read_traces", "refused", "taken"]
