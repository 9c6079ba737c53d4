"""`python -m oversight_verify`, where the command is not on the path."""

import sys

from oversight_verify.cli import main

if __name__ == "__main__":
    sys.exit(main())
