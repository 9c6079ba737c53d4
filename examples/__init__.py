"""The demo: an example organisation, recorded decisions of real agents, and live agents. It must not import the product."""

import sys
from pathlib import Path

# The agents' client lies beside the demo; where it is installed as a package, this changes nothing.
sys.path.append(str(Path(__file__).resolve().parent.parent / "sdk"))
