"""Takes secrets out of what is about to be stored. Pure; it must not say what the secret was.

A secret is known by its own form, or by the name of the field that it stands in. In its place stays a mark with a keyed
digest: the same secret shows as the same, and nobody without the key finds out which it was.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

MARK = "⟦secret removed⟧"
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_NAME = re.compile(r"(?:^|_)(?:password|passwd|token|secret|api_?key|private_?key)(?:_|$)")
POINTERS = ("_name", "_ref", "_reference", "_file", "_path", "_arn", "_version", "_policy", "_type")
"""A field whose name ends so says where a secret is or what it is like, not what it is."""
_REFERENCE = re.compile(
    r"(?:\$?secret|vault|op|env|file|ssm|awssm|gcpsm|akv|sops):.*"  # a scheme and a place
    r"|arn:aws[\w-]*:secretsmanager:.*"
    r"|\$\w+|\$?\{\{?[^{}]*\}?\}"  # a variable or the field of a template
    rf"|\*+|<[^<>]*>|\[?redacted\]?|{MARK}.*",  # what somebody took out before
    re.DOTALL | re.IGNORECASE,
)
_FORM = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{22,}"
    # The whole of it, to its end or, where that was cut off, to the end of the text.
    r"|-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----(?:.*?-----END (?:[A-Z0-9]+ )*PRIVATE KEY-----|.*)"
    r"|(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"
    r"|\bgk_(?:live|test)_\w+",
    re.ASCII | re.DOTALL,
)

_HINTS = tuple(b"akia asia ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ eyj gk_ passw token secret key".split())
WHOLE = frozenset({"action", "document", "removed", "row"})
"""Disclosures that are taken as they are: a proposal with a secret is refused, the others are hashed or compared whole."""
PLAIN = frozenset({"account", "event", "names"})
"""Disclosures whose fields have names of ours: only the form of a secret counts there."""


def beginning(text: str, most: int) -> str:
    """The first `most` characters of `text`; fewer where they would end within a secret, half of which nobody knows for one."""
    if len(text) <= most:
        return text
    for found in _FORM.finditer(text):
        if found.start() < most < found.end():
            return text[: found.start()]
        if found.end() >= most:
            break
    return text[:most]


def may_hold(value: Any) -> bool:
    """False where `value` holds no secret: for nearly everything that comes, and at once."""
    text = msgspec.json.encode(value).lower()
    return any(hint in text for hint in _HINTS)


def cleaned(disclosed: Mapping[str, Any], once: str, key: bytes) -> tuple[Mapping[str, Any], str]:
    """What an entry discloses and is compared by, without secrets; the very same where there are none.

    Where there was one, `removed` names the places, and the hash of the body is keyed: a body of which everything but the
    secret is known would tell the secret by its hash.
    """
    if not may_hold(disclosed):
        return disclosed, once
    remover = Remover(key)
    clean = {
        name: value if name in WHOLE else remover.clean(value, name, by_name=name not in PLAIN)
        for name, value in disclosed.items()
    }
    if not remover.places:
        return disclosed, once
    once = remover.keyed(once) if once else ""
    if "event" in clean:
        clean["event"] |= {"sha256": once}
    return clean | {"removed": [*clean.get("removed", []), *remover.places]}, once


class Remover:
    """Goes through values and notes where it found secrets. With `by_name` the names of fields count as well."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.places: list[str] = []

    def keyed(self, text: str) -> str:
        """A digest of `text` that only who has the key can compute."""
        return hmac.new(self._key, b"oversight-removed-v1\0" + text.encode(), hashlib.sha256).hexdigest()

    def clean(self, value: Any, place: str, *, by_name: bool, named: bool = False) -> Any:
        """`value` without its secrets; itself where it holds none. A Struct is cleaned in place.

        `named`: the name of its field says that it is one.
        """
        if isinstance(value, str):
            return self._text(value, place, named=named)
        if isinstance(value, Mapping):
            called = value.get("name")
            pair = by_name and isinstance(called, str) and _names_secret(called)
            clean = {}
            for key, part in value.items():
                # A key can be a secret too, and is part of the place of what stands under it.
                kept = self._text(key, f"{place}.{MARK}", named=False)
                clean[kept] = self.clean(
                    part,
                    f"{place}.{kept}",
                    by_name=by_name,
                    # `$secret` is how a reference is written, so what stands there is one.
                    named=by_name and key != "$secret" and (_names_secret(key) or (pair and key == "value")),
                )
            return clean
        if isinstance(value, list):
            return [
                self.clean(part, f"{place}[{index}]", by_name=by_name, named=named) for index, part in enumerate(value)
            ]
        if isinstance(value, Struct):
            for name in value.__struct_fields__:
                part = getattr(value, name)
                if part:
                    below = by_name or name == "parameters"
                    setattr(value, name, self.clean(part, f"{place}.{name}".strip("."), by_name=below))
        return value

    def _text(self, text: str, place: str, *, named: bool) -> str:
        if named and text and not _REFERENCE.fullmatch(text):
            self.places.append(place)
            return self._mark(text)
        if not _FORM.search(text):
            return text
        self.places.append(place)
        return _FORM.sub(lambda found: self._mark(found[0]), text)

    def _mark(self, secret: str) -> str:
        return f"{MARK} {self.keyed(secret)[:12]}"


def _names_secret(key: str) -> bool:
    words = _WORD_STARTS.sub("_", key).lower().strip("_")
    return bool(_NAME.search(words)) and not words.endswith(POINTERS)
