"""Import recorded runs of an agent from files: sessions, trajectories, traces."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from approvals.actions.import_runs import Imported, import_events, import_run
from decisions.errors import Problem
from decisions.intake import runs

EVENTS = "events"
"""One CloudEvent of our own contract a line."""
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
"""What files of gzip, zip, bzip2, xz and zstd begin with."""


class Command(BaseCommand):
    help = (
        "Import recorded runs of an agent: ATIF, sessions of Claude Code, Codex, Copilot CLI, Gemini CLI and OpenCode, "
        "trajectories of Stratus, learning traces of SREGym, lines of our own events. They are marked as replayed; the same file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, help="files, or folders of them")
        parser.add_argument("--agent", required=True, help="the agent of the register whose runs they are")
        parser.add_argument(
            "--format", choices=[EVENTS, *(one.value for one in runs.Format)], help="by default it is found out"
        )
        parser.add_argument("--dry-run", action="store_true", help="read and count, and record nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        done = Imported()
        for path in _files(options["files"]):
            try:
                self._import(path, done, options)
            except Problem as problem:
                raise CommandError(f"{path}: {problem.title}. {problem.detail}") from None
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}") from None
        self._say(done, dry_run=options["dry_run"])

    def _import(self, path: Path, done: Imported, options: dict[str, Any]) -> None:
        with path.open("rb") as stream:
            head = stream.read(runs.HEAD)
            stream.seek(0)
            if head.startswith(PACKED):
                raise CommandError(f"{path} is packed. Unpack it first.")
            if options["format"] == EVENTS or (not options["format"] and _holds_events(head)):
                import_events(stream, agent=options["agent"], source=path.name, done=done, dry_run=options["dry_run"])
                return
            form = runs.Format(options["format"]) if options["format"] else runs.detect(head)
            import_run(
                runs.read(form, stream),
                agent=options["agent"],
                source=path.name,
                actor=None,
                dry_run=options["dry_run"],
                progress=lambda found: self.stderr.write(
                    f"{path.name} ({form}): {found.actions} actions, {found.looks} read-only calls so far"
                ),
                so_far=done,
            )

    def _say(self, done: Imported, *, dry_run: bool) -> None:
        new = "nothing recorded: a dry run" if dry_run else f"{done.new} entries new"
        self.stdout.write(
            f"{done.actions} actions in {len(done.episodes)} episodes, {done.looks} read-only calls; {new}."
        )
        for title, counts in (
            ("Outcomes", done.outcomes),
            ("Kinds", done.kinds),
            ("Not in the register", done.unknown),
        ):
            if counts:
                listed = ", ".join(f"{name} {count}" for name, count in counts.most_common(12))
                self.stdout.write(f"{title}: {listed}")


def _holds_events(head: bytes) -> bool:
    return b'"specversion"' in head.partition(b"\n")[0]


def _files(given: list[Path]) -> Iterator[Path]:
    for path in given:
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.is_file())
        else:
            yield path
