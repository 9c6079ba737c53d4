"""A process that acts, as far as a demo needs one: it takes its time, and can be ended. It must not touch anything.

`python -m examples.actuator WHAT SECONDS`
"""

import sys
import time

STEPS = 10


def main(arguments: list[str]) -> int:
    what, seconds = arguments[0], float(arguments[1])
    for step in range(1, STEPS + 1):
        print(f"{what}: step {step} of {STEPS}", flush=True)
        time.sleep(seconds / STEPS)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
