"""A guarded function for the tests, which remembers its runs. It must do nothing else."""

from typing import Any

from oversight_sdk import Gate


class Scaling:
    """A guarded function that remembers its runs."""

    def __init__(self, gate: Gate, **options: Any) -> None:
        self.runs: list[tuple[str, int]] = []
        self.body: Any = lambda: None
        target = lambda a: {"service": a["name"], "resource": f"deploy/{a['name']}"}  # noqa: E731 - as a caller writes it
        undo = lambda a: {"kind": "scale", "parameters": {"replicas": 2}}  # noqa: E731, ARG005 - as above

        @gate.guard(kind="scale", target=target, undo=undo, **options)
        def scale(name: str, replicas: int = 3) -> str:
            self.runs.append((name, replicas))
            self.body()
            return f"{name}={replicas}"

        self.call = scale
