"""YAML documents as operators write them, read strictly. It must not know what a document means."""

from collections.abc import Hashable
from typing import Any

import yaml


class _Strict(yaml.SafeLoader):
    """Refuses a key that is stated twice: YAML itself would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is stated twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(text: str) -> Any:
    """The value of YAML `text`. Raises yaml.YAMLError; `problem_mark` says where."""
    return yaml.load(text, Loader=_Strict)  # noqa: S506 - a SafeLoader
