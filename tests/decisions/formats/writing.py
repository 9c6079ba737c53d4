"""Mappings as a person would write them, made short for tests. It must not check them."""

from typing import Any

import yaml

BASE: dict[str, Any] = {
    "system": "acme",
    "version": 1,
    "about": "Records of Acme.",
    "signature": "bearer",
    "rules": [{"name": "all", "when": {"/id": {"present": True}}, "says": "look", "fields": {"id": "/id"}}],
}


class Plain(yaml.SafeDumper):
    """Writes everything out: mappings take no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def written(**changes: Any) -> str:
    return str(yaml.dump({**BASE, **changes}, Dumper=Plain, sort_keys=False, allow_unicode=True))


def one_rule(when: Any = None, says: str = "look", let: Any = None, **fields: Any) -> str:
    rule = {"name": "all", "when": when or {}, "says": says, "fields": {"id": "fixed", **fields}}
    return written(rules=[rule], let=let or {})
