"""The waiting agents of `benchmarks.polls`: says `open` when all wait, and when all were told, when each was. It ends by itself."""

import asyncio
import json
import resource
import sys
from typing import Any

from benchmarks.http import Line

AT_ONCE = 32
"""How many connections are opened at once."""
PATIENCE = 240
SETTLED = 2.0
"""Seconds after the last poll was sent: each has been read once by then."""


async def main(port: int, wait: int, headers: str, decisions: list[Any]) -> None:
    told: dict[str, float] = {}
    opening = asyncio.Semaphore(AT_ONCE)
    every = asyncio.Event()
    sent = 0

    async def follow(id_: str, version: int) -> None:
        nonlocal sent
        line = Line(port)
        async with opening:
            # One answer at once: the connection is there, and accepted.
            first = await line.ask("GET", f"/api/v1/decisions/{id_}?wait=0", headers)
            assert first.status == 200, first
            sent += 1
            if sent == len(decisions):
                every.set()
        while id_ not in told:
            answer = await line.ask("GET", f"/api/v1/decisions/{id_}?wait={wait}&after={version}", headers)
            assert answer.status == 200, answer
            if answer.body["version"] > version:
                told[id_] = answer.at
        line.close()

    async def report() -> None:
        await every.wait()
        await asyncio.sleep(SETTLED)
        print("open", flush=True)

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(report(), *(follow(id_, version) for id_, version in decisions))
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    given = json.loads(sys.stdin.readline())
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), given["headers"], given["decisions"]))
