"""A function's arguments as an action's parameters, and back. What comes back must be what was granted, not what was passed."""

import inspect
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oversight_sdk import canonical
from oversight_sdk.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Binding:
    """The signature of one function; `context` names arguments that are no part of the action (self, a connection)."""

    signature: inspect.Signature
    context: frozenset[str]

    @classmethod
    def of(cls, function: Callable[..., Any], context: tuple[str, ...]) -> "Binding":
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError("a generator runs after its call returned: guard a function that it calls")
        signature = inspect.signature(function)
        if missing := set(context) - set(signature.parameters):
            raise TypeError(f"the function has no parameter {min(missing)!r}")
        return cls(signature, frozenset(context))

    def parameters(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """(the action's parameters, copied; the context as passed). Raises ConfigError for what JSON cannot hold."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        held = {name: bound.arguments[name] for name in self.context if name in bound.arguments}
        said = {name: self._plain(name, value) for name, value in bound.arguments.items() if name not in self.context}
        try:
            copied: dict[str, Any] = canonical.decode(canonical.encode(said))
        except canonical.NotCanonical as error:
            raise ConfigError(f"an argument has no canonical form: {error}") from None
        return copied, held

    def arguments(
        self, parameters: Mapping[str, Any], context: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """(args, kwargs) for the call, from the parameters that were granted."""
        bound = inspect.BoundArguments(self.signature, OrderedDict())
        for name in self.signature.parameters:
            if name in self.context:
                if name in context:
                    bound.arguments[name] = context[name]
            else:
                bound.arguments[name] = parameters[name]
        return bound.args, bound.kwargs

    def _plain(self, name: str, value: Any) -> Any:
        # Only the collecting parameter itself is a tuple by Python's doing; it comes back as one.
        return list(value) if self.signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL else value
