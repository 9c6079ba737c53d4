"""What browsers are served must be what was tested: each script with what it imports, run once and in its order."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.conf import settings as live
from django.core.management import call_command

from oversight import joined
from oversight.joined import NotJoinableError

STATIC = Path(live.BASE_DIR) / "static"
MOST = 35 * 1024
"""Bytes of scripts on the timeline, packed as browsers take them, with what comes when the first decision is opened beside it."""


def kept(files: dict[str, str]) -> joined.Read:
    return files.__getitem__


def tree(path: str) -> str:
    return (STATIC / path).read_text()


MODULES = sorted(f"js/{path.name}" for path in (STATIC / "js").glob("*.js"))
STYLES = sorted(f"css/{path.name}" for path in (STATIC / "css").glob("*.css"))


@pytest.mark.parametrize("path", MODULES)
def test_every_module_joins_and_leaves_nothing_to_fetch(path: str) -> None:
    text = joined.script(path, tree)
    assert not re.search(r"\bimport\b|^export\b", text, re.MULTILINE)
    assert "Must not" not in text


@pytest.mark.parametrize("path", STYLES)
def test_every_stylesheet_joins_and_leaves_nothing_to_fetch(path: str) -> None:
    text = joined.stylesheet(path, tree)
    assert "@import" not in text
    assert "/*" not in text.replace("/*!", "")


def test_the_one_stylesheet_of_the_pages_holds_every_rule_file() -> None:
    imported = joined.CSS_IMPORT.findall(tree("css/site.css"))
    assert sorted(f"css/{name}" for name in [*imported, "site.css"]) == STYLES


@pytest.mark.skipif(not shutil.which("node"), reason="no node to run what was joined")
def test_modules_run_once_in_the_order_of_their_imports_and_keep_their_own_names(tmp_path: Path) -> None:
    files = {
        "js/a.js": "import { b, B } from './b.js';\nimport './c.js';\nconst name = 'a';\nconsole.log(name, b(), new B().n);\n",
        "js/b.js": "import { c } from './c.js';\nconst name = 'b';\nexport function b() {\n  return name + c;\n}\n"
        "export class B {\n  n = 1;\n}\n",
        "js/c.js": "// Said of c.\nconst name = 'c';\n/** More\n * of it. */\nconsole.log(name, 'import // this');\n"
        "export const c = `${name ? `(${name}) ` : ''}//2`;\n",
    }
    (tmp_path / "joined.mjs").write_text(joined.script("js/a.js", kept(files)))
    told = subprocess.run(["node", str(tmp_path / "joined.mjs")], capture_output=True, text=True, check=True).stdout
    assert told == "c import // this\na b(c) //2 1\n"


@pytest.mark.parametrize(
    "strange",
    [
        "import c from './c.js';\n",
        "import * as c from './c.js';\n",
        "import { c } from '../c.js';\n",
        "const c = await import('./c.js');\n",
        "console.log(import.meta.url);\n",
        "export default 1;\n",
        "export let n = 1;\n",
        "const d = 1;\nexport { d };\n",
        "import { c } from './a.js';\n",
        "const d = `one\n// two`;\n",
    ],
)
def test_a_form_that_is_not_known_is_refused_and_named(strange: str) -> None:
    with pytest.raises(NotJoinableError, match=r"js/a\.js"):
        joined.script("js/a.js", kept({"js/a.js": strange, "js/c.js": "export const c = 1;\n"}))


def test_what_is_collected_is_joined_and_what_is_of_others_is_not_touched(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "oversight.storage.JoinedStorage"}}
    call_command("collectstatic", verbosity=0, interactive=False)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    served = {path: (tmp_path / names[path]).read_text() for path in (*MODULES, *STYLES)}
    assert served == {path: joined.script(path, tree) for path in MODULES} | {
        path: joined.stylesheet(path, tree) for path in STYLES
    }
    for path in (STATIC / "vendor").rglob("*.js"):
        assert (tmp_path / names[str(path.relative_to(STATIC))]).read_bytes() == path.read_bytes()


def test_the_scripts_of_the_timeline_are_few_bytes() -> None:
    ours = brotli.compress(joined.script("js/timeline.js", tree).encode())
    htmx = brotli.compress((STATIC / "vendor/htmx-4.0.1.min.js").read_bytes())
    assert len(ours) + len(htmx) <= MOST
