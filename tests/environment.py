"""What must be true before settings are read: every run and every worker of it has a data folder of its own.

A pytest plugin (`-p tests.environment`), because settings are read before any conftest. It must not import Django.
"""

import atexit
import os
import shutil
import sys
import tempfile

DATA_DIR = tempfile.mkdtemp(prefix="oversight-test-")
_maker = os.getpid()


def _remove() -> None:
    # Processes that a test forked inherit this exit handler; only the one that made the folder removes it.
    if os.getpid() == _maker:
        shutil.rmtree(DATA_DIR, ignore_errors=True)


atexit.register(_remove)
os.environ["OVERSIGHT_DATA_DIR"] = DATA_DIR
os.environ.setdefault("OVERSIGHT_LOG_LEVEL", "ERROR")
os.environ["OVERSIGHT_REQUIRE_SECOND_FACTOR"] = "false"
# Tests ask as quickly as they can; those of the limits set them back.
for name in ("PROPOSALS_PER_MINUTE", "COMMANDS_PER_MINUTE", "READS_PER_MINUTE", "OPEN_HOLDS"):
    os.environ[f"OVERSIGHT_{name}"] = "1000000"
# Where Python keeps nothing that it compiled, each process that a test starts compiles the whole product first.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
for name in ("OVERSIGHT_DEBUG", "OVERSIGHT_HTTPS", "OVERSIGHT_ORGANISATION", "OVERSIGHT_LOG_ORIGIN", "OVERSIGHT_ZONE"):
    os.environ.pop(name, None)
