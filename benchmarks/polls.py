"""10,000 agents that wait: what each costs the server, how soon one learns of its verdict, and how soon all learn of a stop."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import installed
from benchmarks.http import Line, cuts
from decisions.models import Agent, Decision

PROCESSES = 4
SAMPLES = 200
WAIT = 55
ROOT = Path(__file__).resolve().parent.parent


def measure(agent: Agent, headers: dict[str, str], port: int, server: int, count: int) -> None:
    """Open `count` polls from several processes, veto some of them one by one, then stop the rest at once."""
    rows = installed.proposed(agent, count)
    before = memory(server)
    began = time.monotonic()
    waiters = [Waiters(port, headers["agent"], rows[part::PROCESSES]) for part in range(PROCESSES)]
    for waiter in waiters:
        waiter.until_open()
    opened, held = time.monotonic() - began, memory(server)
    print(
        f"{count:,} polls open after {opened:.1f} s: {(held - before) / count:.1f} KiB each, server at {held / 1024:.0f} MiB"
    )
    sample = rows[:: max(1, count // SAMPLES)][:SAMPLES]
    vetoed, took = asyncio.run(veto_each(port, headers["person"], sample))
    freeze = {"scope": {"kind": "everything"}}
    stopped = asyncio.run(one(port, "/api/v1/freezes", headers["person"], freeze))
    told = {id_: at for waiter in waiters for id_, at in waiter.ended().items()}
    assert len(told) == count, f"{count - len(told)} were not told"
    woken = [(told[id_] - at) * 1000 for id_, at in vetoed.items()]
    rest = [at - stopped.at for id_, at in told.items() if id_ not in vetoed]
    p50, p99 = cuts(took)
    print(f"veto meanwhile: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    p50, p99 = cuts(woken)
    print(f"from sending a veto to its agent's answer: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    print(
        f"stop of everything, {len(rest):,} permissions ended with it: acknowledged after {stopped.ms:.0f} ms;"
        f" all told {max(rest):.1f} s after that; server at {memory(server) / 1024:.0f} MiB"
    )


async def veto_each(port: int, headers: str, rows: list[Decision]) -> tuple[dict[str, float], list[float]]:
    """(when each veto was sent, how long its answer took)."""
    line = Line(port)
    sent: dict[str, float] = {}
    took: list[float] = []
    for row in rows:
        sent[str(row.id)] = time.monotonic()
        answer = await line.ask(
            "POST", f"/api/v1/decisions/{row.id}/verdicts", headers, {"verdict": "veto", "reason": ""}
        )
        assert answer.status == 200, answer
        took.append(answer.ms)
        await asyncio.sleep(0.02)
    line.close()
    return sent, took


async def one(port: int, path: str, headers: str, body: Any) -> Any:
    line = Line(port)
    answer = await line.ask("POST", path, headers, body)
    assert answer.status == 201, answer
    line.close()
    return answer


def memory(process: int) -> int:
    """KiB that the process holds."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


class Waiters:
    """A process that waits for many decisions, each over a connection of its own."""

    def __init__(self, port: int, headers: str, rows: list[Decision]) -> None:
        command = [sys.executable, "-m", "benchmarks.waiters", str(port), str(WAIT)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin is not None
        decisions = [[str(row.id), row.version] for row in rows]
        self.process.stdin.write(json.dumps({"headers": headers, "decisions": decisions}).encode() + b"\n")
        self.process.stdin.close()

    def _line(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def until_open(self) -> None:
        assert self._line() == b"open\n"

    def ended(self) -> dict[str, float]:
        """When each decision's waiter was told that it is no longer open."""
        told: dict[str, float] = json.loads(self._line())
        self.process.wait(30)
        return told
