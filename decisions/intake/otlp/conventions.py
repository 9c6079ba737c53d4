"""Which spans and log records are calls of tools and answers of models, by the conventions that are in use. Pure; all else is ignored."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from decisions.intake.calls import Call
from decisions.intake.otlp.records import Record

_ASKS = frozenset(
    {"chat", "text_completion", "generate_content", "completion", "invoke_agent", "create_agent", "agent"}
)
_LINKS = ("alert", "incident", "run", "chain", "decision")
_BROKEN = re.compile(r"time.?out|timed.?out|deadline|connect|cancel|closed|reset", re.IGNORECASE)
_TOOL_LOGS = re.compile(r"(?:claude_code\.|codex\.|gemini_cli\.)?(?:tool_result|tool_call)")


def is_tool(record: Record) -> bool:
    attributes = record.attributes
    return (
        record.text("gen_ai.operation.name") == "execute_tool"
        or record.text("openinference.span.kind").upper() == "TOOL"
        or record.text("traceloop.span.kind") == "tool"
        or ("gen_ai.tool.name" in attributes and "gen_ai.operation.name" not in attributes)
    )


def is_model(record: Record) -> bool:
    return (
        record.text("gen_ai.operation.name") in _ASKS
        or record.text("openinference.span.kind").upper() in {"LLM", "AGENT"}
        or record.text("traceloop.span.kind") in {"agent", "workflow"}
        or ("gen_ai.request.model" in record.attributes and not is_tool(record))
    )


def is_agent(record: Record) -> bool:
    """Whether it spans a whole run, whose messages repeat those of its parts."""
    return (
        record.text("gen_ai.operation.name") in {"invoke_agent", "create_agent", "agent"}
        or record.text("openinference.span.kind").upper() == "AGENT"
        or record.text("traceloop.span.kind") in {"agent", "workflow"}
    )


def tool_of(record: Record) -> str:
    return record.text("gen_ai.tool.name", "tool.name", "traceloop.entity.name") or _named(record.name)


def call_of(record: Record) -> Call:
    """The call that a tool's span tells of."""
    attributes = record.attributes
    arguments = _first(
        attributes,
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.arguments",
        "tool_arguments",
        "tool.parameters",
        "input.value",
        "traceloop.entity.input",
    )
    answer = record.text(
        "gen_ai.tool.call.result", "gen_ai.tool.result", "tool_response", "output.value", "traceloop.entity.output"
    )
    errors = [inside.get("exception.message") for name, inside in record.events if name == "exception"]
    error = record.text("error.type")
    words = [record.message, error, *(str(one) for one in errors if one)]
    failed = record.failed or bool(error)
    return Call(
        tool=tool_of(record),
        arguments=arguments,
        answer=answer or (" ".join(word for word in words if word) if failed else None),
        errored=failed,
        broken=failed and any(_BROKEN.search(word) for word in words),
    )


def logged_call(record: Record) -> tuple[str, Call] | None:
    """The call that a log record of an agent's own telemetry tells of, with its id; None for any other record."""
    attributes = record.attributes
    name = record.name or record.text("event.name") or str(attributes.get("body") or "")
    tool = record.text("tool_name", "function_name", "gen_ai.tool.name")
    if not tool or not _TOOL_LOGS.fullmatch(name[:60]):
        return None
    succeeded = attributes.get("success")
    failed = succeeded is False or (isinstance(succeeded, str) and succeeded.lower() == "false")
    answer = record.text("output", "error", "gen_ai.tool.call.result")
    refused = record.text("decision").lower() in {"reject", "rejected", "deny", "denied"}
    call = Call(
        tool=tool,
        arguments=_first(attributes, "arguments", "tool_parameters", "tool_input", "function_args"),
        # A flag alone is a claim without a sign: it says that the call ended, not how.
        answer=answer,
        errored=failed,
        broken=failed and bool(_BROKEN.search(answer)),
        refused=refused,
    )
    return record.text("call_id", "tool_use_id", "gen_ai.tool.call.id"), call


def _first(attributes: dict[str, Any], *keys: str) -> Any:
    return next((attributes[key] for key in keys if attributes.get(key)), None)


def _named(name: str) -> str:
    """The tool's name from the span's, as `execute_tool get_pods` and `running tool: get_pods` have it."""
    for start in ("execute_tool ", "running tool: ", "running tool "):
        if name.startswith(start):
            return name.removeprefix(start)
    return name.removesuffix(".tool")


def model_of(record: Record) -> dict[str, str]:
    name = record.text("gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "model_name", "model")
    return {"name": name[:300]} if name else {}


def agent_of(record: Record) -> str:
    return record.text("gen_ai.agent.name", "agent_name")


def episode_of(record: Record) -> str:
    return record.text(
        "gen_ai.conversation.id", "session.id", "conversation.id", "traceloop.association.properties.session_id"
    )


def environment_of(record: Record) -> str:
    """Where it acts: of the resource alone, which all spans of an agent share."""
    for key in ("deployment.environment.name", "deployment.environment"):
        if isinstance(record.resource.get(key), str):
            return str(record.resource[key])
    return ""


def keys_of(record: Record) -> frozenset[str]:
    """What else speaks of the same affair: the trace, and what the sender put into its context under our name."""
    found = [f"trace:{record.trace}"] if record.trace else []
    for attributes in (record.resource, record.attributes):
        for link in _LINKS:
            found += [f"{link}:{one}" for one in _texts(attributes.get(f"oversight.{link}"))]
    return frozenset(key[:200] for key in found[:20])


def trigger_of(record: Record) -> dict[str, str]:
    found: dict[str, str] = {}
    for part, most in (("kind", 300), ("id", 300), ("description", 2000)):
        for attributes in (record.attributes, record.resource):
            value = attributes.get(f"oversight.trigger.{part}")
            if isinstance(value, str) and value:
                found.setdefault(part, value[:most])
    return found


def targets_of(record: Record) -> tuple[str, ...]:
    """What the attributes say is acted on; `service.name` is the agent's own service, and is not among it."""
    names = (
        *(
            "service.target.name",
            "k8s.deployment.name",
            "k8s.statefulset.name",
            "k8s.daemonset.name",
            "k8s.cronjob.name",
        ),
        *("k8s.job.name", "k8s.pod.name", "k8s.namespace.name"),
    )
    return tuple(_texts(record.attributes.get(name) for name in names))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from filter(None, [value])
    elif isinstance(value, Iterable) and not isinstance(value, dict):
        for one in value:
            if isinstance(one, str) and one:
                yield one
