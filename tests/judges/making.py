"""The product makes what is judged: a ledger of its own in a folder of its own, with its commands. A program, run by the tests.

    python -m tests.judges.making DIR [--entries 70000]

DIR then holds `export` (its key replaced on the way, two witnesses), `older` (a checkpoint from before), `receipt`, and what only
the holder of the keys can forge: `forked` and `forked-older`, checkpoints of the same sizes over other entries.
"""

import argparse
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import django

os.environ["OVERSIGHT_DATA_DIR"] = tempfile.mkdtemp(prefix="oversight-judged-")
os.environ["DATABASE_URL"] = os.environ["REDIS_URL"] = ""
os.environ["OVERSIGHT_LOG_LEVEL"] = "ERROR"
os.environ["DJANGO_SETTINGS_MODULE"] = "oversight.settings"
django.setup()

from django.conf import settings  # noqa: E402 - the settings come first
from django.core.management import call_command  # noqa: E402

from approvals.actions.activate_policy import activate_policy  # noqa: E402
from approvals.actions.change_register import change_register  # noqa: E402
from decisions import checkpoints, ledger, notes, signers, signing  # noqa: E402
from decisions.models import Agent  # noqa: E402
from decisions.proofs import receipt  # noqa: E402
from decisions.witnesses import gather  # noqa: E402
from tests import factories  # noqa: E402
from tests.witness import Served, Witness  # noqa: E402

BATCH = 1000
OF_RECEIPT = 4242


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--entries", type=int, default=70_000)
    chosen = parser.parse_args()
    try:
        with ExitStack() as served:
            make(chosen.folder, chosen.entries, served)
    finally:
        shutil.rmtree(os.environ["OVERSIGHT_DATA_DIR"])
    return 0


def make(folder: Path, size: int, served: ExitStack) -> None:
    call_command("migrate", verbosity=0)
    change_register(factories.organisation(), actor=None)
    activate_policy(factories.policy())
    checkpoints.publish()
    witnesses = [Witness(f"witness.example/w{n}", [notes.ring().keys[0].vkey]) for n in (1, 2)]
    lines = [served.enter_context(Served(witness)).line for witness in witnesses]
    settings.WITNESSES = Path(settings.DATA_DIR) / "witnesses"
    settings.WITNESSES.write_text("\n".join([*lines, "group both all w1 w2", "quorum both", ""]))
    grow(size // 3)
    (folder / "older").write_text(published())
    grow(size // 2)
    call_command("rotate_ledger_key", stdout=sys.stderr)
    published()
    grow(size)
    published()
    call_command("export_ledger", str(folder / "export"), stdout=sys.stderr)
    (folder / "receipt").write_text(receipt(OF_RECEIPT))
    for name, of in (("forked", "export/checkpoint"), ("forked-older", "older")):
        (folder / name).write_text(forked((folder / of).read_text()))


def grow(size: int) -> None:
    """Events of an agent until the ledger has `size` entries."""
    agent = Agent.objects.get(slug="remediator")
    while (missing := size - ledger.size()) > 0:
        kinds = ("executed", "executed", "signal")
        factories.send(agent, *[factories.event(kinds[n % 3]) for n in range(min(missing, BATCH))])


def published() -> str:
    """The newest checkpoint, with the cosignatures of both witnesses."""
    checkpoints.publish()
    gather()
    return checkpoints.publish()


def forked(note: str) -> str:
    """A checkpoint of the size of `note` over other entries, with the genuine keys."""
    was = signing.read_note(note)[0]
    folder, keys = signers.own().folder, signers.own().state().keys
    secrets = [secret for key in keys if key.signs(was.size) and (secret := folder.secret(key)) is not None]
    return signing.sign(signing.Checkpoint(was.origin, was.size, bytes(32)), *secrets)


if __name__ == "__main__":
    sys.exit(main())
