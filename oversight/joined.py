"""Scripts and stylesheets as browsers get them: each with what it imports, in one file, without comments.

In the tree a module holds one idea; over a slow line forty requests cost more than what they bring. Only the form that
the tree uses is understood: `import './a.js'`, `import { b } from './a.js'`, `export` before a declaration, no cycle,
and `@import url("a.css");`. Anything else is refused. Comments go by whole lines, which takes no parser as long as no
text runs over several lines.
"""

import posixpath
import re
from collections.abc import Callable, Iterator

IMPORT = re.compile(r"^import (?:\{(?P<names>[\w\s,]+)\} from )?'(?P<path>\./[\w-]+\.js)';\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (?P<name>\w+))", re.MULTILINE)
COMMENT = re.compile(r"^ *(?://[^\n]*|/\*(?:(?!\*/).)*\*/ *)\n", re.MULTILINE | re.DOTALL)
LEFT = re.compile(r"^(?:import|export)\b|\bimport\s*\(|\bimport\.meta\b", re.MULTILINE)
CSS_IMPORT = re.compile(r'^@import url\("(?P<path>[\w-]+\.css)"\);\n', re.MULTILINE)

Read = Callable[[str], str]
"""The text of a file, by its path under the static root."""


class NotJoinableError(ValueError):
    """A file is written in a way that joining does not know. Its text says which file and what."""


def script(path: str, read: Read) -> str:
    """The module at `path` and all that it imports, as one module that exports nothing.

    Each module runs once and in the order of the imports, as in a browser; its names stay its own.
    """
    order = list(_imported(path, read, set(), ()))
    place = {name: f"m{at}" for at, name in enumerate(order)}
    return _plain("".join(_closed(name, read(name), place) for name in order))


def stylesheet(path: str, read: Read) -> str:
    """The stylesheet at `path` with each that it imports in the place of the import."""

    def inside(found: re.Match[str]) -> str:
        return stylesheet(_beside(path, found["path"]), read)

    return _plain(CSS_IMPORT.sub(inside, read(path)))


def _plain(text: str) -> str:
    """`text` without the lines that are comments, and without indentation."""
    lines = (line.strip() for line in COMMENT.sub("", text).splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def _imported(path: str, read: Read, seen: set[str], within: tuple[str, ...]) -> Iterator[str]:
    """`path` after all that it imports, each once."""
    if path in within:
        raise NotJoinableError(f"{path} imports itself: {' > '.join((*within, path))}")
    if path in seen:
        return
    seen.add(path)
    for found in IMPORT.finditer(read(path)):
        yield from _imported(_beside(path, found["path"]), read, seen, (*within, path))
    yield path


def _closed(name: str, text: str, place: dict[str, str]) -> str:
    """One module as a function called at once, which gives what the module exports."""

    def taken(found: re.Match[str]) -> str:
        names = found["names"]
        return f"const {{{names}}} = {place[_beside(name, found['path'])]};\n" if names else ""

    exported = [found["name"] for found in EXPORT.finditer(text)]
    body = EXPORT.sub("", IMPORT.sub(taken, text))
    if strange := LEFT.search(body):
        line = body[strange.start() :].partition("\n")[0]
        raise NotJoinableError(f"{name} holds a form that is not joined: {line}")
    if torn := next((line for line in body.splitlines() if line.count("`") % 2), ""):
        raise NotJoinableError(f"{name} holds a text that runs over several lines: {torn}")
    return f"const {place[name]} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();\n"


def _beside(path: str, other: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), other))
