"""The files of the repository as the contract tests see them: tracked, or new and not ignored. It must not change any."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = ("approvals", "benchmarks", "decisions", "examples", "oversight", "sdk", "tests")


@cache
def files() -> tuple[Path, ...]:
    """Every file, relative to the root; from git where there is a clone, else from the folder itself."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.split("\0") if name]
    else:
        hidden = {".git", ".venv", "var", "__pycache__"}
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        names = [path for path in names if not hidden & set(path.parts) and "_cache" not in str(path)]
    return tuple(sorted(path for path in set(names) if (ROOT / path).is_file()))


def python_files(*folders: str) -> list[Path]:
    wanted = folders or CODE
    return [path for path in files() if path.suffix == ".py" and (path.parts[0] in wanted or len(path.parts) == 1)]


def text(path: Path | str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
