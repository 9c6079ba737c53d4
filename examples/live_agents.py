"""Agents that act live: they play recorded actions against a running server, a few a minute, and most of them through the gate.

It must not import the product: it knows what any agent knows, the address, its keys, the machine contract and the client.
Run it as `python -m examples.live_agents`; it ends by itself on SIGTERM, or when the process that
started it is gone.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from examples.client import Client, RefusedError, UnreachableError
from examples.cluster import Cluster
from examples.recordings import Mapping, Recording, read_lines, read_mapping, recordings, stamp, undo_of
from oversight_sdk import Gate, GateError, GateStop, Reverts, Wanted
from oversight_sdk.answers import Decision, RevertOrder

Json = dict[str, Any]

ACCOUNT = ("rationale", "evidence", "alternatives", "confidence", "model", "trigger", "estimate", "episode")
STATUS = {"no_change": "succeeded"}
"""How an outcome that was recorded is told of a lease, where the words differ."""
SECONDS = (8, 25)
"""How long an act takes: long enough for somebody to stop it."""
EPISODE_LIMIT = 6
UNTOLD = 12
"""Each so many acts one is not told of."""
OPEN_LIMIT = 4
"""More open questions than this, and the agents report instead: people's attention is not theirs to flood."""


class Stage:
    """What the agents share: the end signal, the number of open questions, and one line on the screen at a time."""

    def __init__(self, say: Callable[[str], None] = print) -> None:
        self.ended = threading.Event()
        self.asking = threading.BoundedSemaphore(OPEN_LIMIT)
        self._say = say
        self._lock = threading.Lock()

    def say(self, agent: str, text: str) -> None:
        with self._lock:
            self._say(f"{datetime.now(UTC):%H:%M:%S} {agent}: {text}")

    def try_until_heard(self, agent: str, call: Callable[[], Json]) -> Json | None:
        """The answer to `call`, sent again while the server cannot be reached; None when refused or at the end."""
        while not self.ended.is_set():
            try:
                return call()
            except UnreachableError as error:
                self.ended.wait(min(error.retry_after, 30))
            except RefusedError as error:
                self.say(agent, f"refused: {error}")
                if error.status == 401:
                    self.ended.set()
                return None
        return None


def fresh(recording: Recording, run: str, scene: int) -> Json:
    """The recorded event as if it happened now: the same action and words, its own id, episode and time."""
    name = uuid.uuid4().hex
    data = recording.event["data"]
    trigger = {**data["trigger"]}
    if not recording.time_stated:
        trigger.pop("description")
    return {
        **recording.event,
        "id": name,
        "source": f"/agents/{recording.agent}",
        "time": stamp(datetime.now(UTC)),
        "data": {
            **data,
            "decision": f"live-{name[:12]}",
            "episode": f"live-{run}-{scene}-{trigger['id']}",
            "trigger": trigger,
        },
    }


def wanted(event: Json, undo: Json | None) -> Wanted:
    """What an agent knows before it acts: everything but the outcome."""
    data = event["data"]
    action = data["action"]
    return Wanted.of(
        name=data["decision"],
        kind=action["kind"],
        target=action["target"],
        parameters=action.get("parameters", {}),
        undo=undo,
        account={name: data[name] for name in ACCOUNT if name in data},
    )


def ask_then_act(stage: Stage, gate: Gate, agent: str, event: Json, undo: Json | None, *, seconds: float) -> str:
    """Propose, wait for people, and act only with a lease, as long as nobody stops it. Silence never ends in the act.

    Returns how the act ended; empty where nothing was begun.
    """
    what = describe(event)

    def watch(decision: Decision, claiming: bool) -> None:  # noqa: FBT001 - the client's callback
        stage.say(agent, f"{what}: {'claiming' if claiming else f'asked, {decision.state}'}")

    try:
        run = gate.begin(wanted(event, undo), watch=watch)
    except GateError as error:
        stage.say(agent, f"{what}: not done, {type(error).__name__}")
        return ""
    outcome = event["data"]["outcome"]
    with gate.beating(run):
        try:
            run.start()
            stage.say(agent, f"{what}: acting")
            work(stage, run.checkpoint, [what, str(seconds)])
            status = str(STATUS.get(outcome["status"], outcome["status"]))
            detail = outcome.get("detail", "")
        except GateStop as stop:
            stage.say(agent, f"{what}: stopped, {stop}")
            status, detail = "partial", "Stopped on the way."
    try:
        gate.finish(run, status, detail)
    except GateError as error:
        stage.say(agent, f"{what}: {error}")
    return status


def work(stage: Stage, checkpoint: Callable[[], None], words: list[str]) -> None:
    """Run a process that acts, and end it as soon as `checkpoint` raises."""
    child = subprocess.Popen([sys.executable, "-m", "examples.actuator", *words], stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        while child.poll() is None:
            checkpoint()
            if stage.ended.wait(0.3):
                return
    finally:
        child.terminate()
        child.wait()


def undo_when_ordered(stage: Stage, gate: Gate, agent: str, kinds: Iterable[str]) -> None:
    """Do what people order this agent to undo, until the end signal."""
    reverts = Reverts(gate.client)

    def undo(_: Json, order: RevertOrder) -> None:
        stage.say(agent, f"undoing {order.undo['kind'] if order.undo else 'it'}, as people ordered")
        work(stage, lambda: None, ["undo", "3"])

    for kind in kinds:
        reverts.handler(kind, repeatable=True)(undo)
    while not stage.ended.is_set():
        reverts.run(rounds=1)


def describe(event: Json) -> str:
    action = event["data"]["action"]
    target = action["target"]
    return f"{action['kind']} {target.get('resource', target['service'])}"


def scenes(found: list[tuple[Json, Recording]], chance: random.Random) -> Iterator[list[tuple[Json, Recording]]]:
    """Recorded episodes in random order for ever, the long ones cut: agents loop, but a demo has other things to show."""
    episodes = [list(group) for _, group in groupby(found, key=lambda pair: pair[1].episode)]
    while True:
        for episode in chance.sample(episodes, len(episodes)):
            first = chance.randrange(max(1, len(episode) - EPISODE_LIMIT + 1))
            yield episode[first : first + EPISODE_LIMIT]


@dataclass(slots=True)
class Company:
    """The agents that have a key, and how they take turns: two of three acts go through the gate, the third is told after."""

    stage: Stage
    clients: dict[str, Client]
    gates: dict[str, Gate]
    chance: random.Random
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:6])
    cluster: Cluster | None = None
    turns: int = 0
    questions: list[threading.Thread] = field(default_factory=list)

    def take_turn(self, scene: int, line: Json, recording: Recording) -> None:
        agent, client = recording.agent, self.clients[recording.agent]
        event = fresh(recording, self.run, scene)
        self.turns += 1
        self.seen(agent, event, "")
        if self.cluster is not None and self.turns % UNTOLD == 0:
            # What only the cluster tells: people must learn of it all the same.
            self.stage.say(agent, f"{describe(event)}: done, and told to nobody")
            self.seen(agent, event, "succeeded")
            return
        if self.turns % 3 and self.stage.asking.acquire(blocking=False):
            thread = threading.Thread(target=self.ask, args=(agent, event, undo_of(line)), daemon=True)
            self.questions.append(thread)
            thread.start()
        elif self.stage.try_until_heard(agent, partial(client.send_event, event)) is not None:
            self.stage.say(agent, f"{describe(event)}: {event['data']['outcome']['status']}, told after the act")
            self.seen(agent, event, event["data"]["outcome"]["status"])

    def seen(self, agent: str, event: Json, status: str) -> None:
        """Others tell: before an act of what set it off, after it of what they saw. Where they are not heard, nothing waits."""
        if self.cluster is not None:
            with contextlib.suppress(RefusedError, UnreachableError):
                if status:
                    self.cluster.saw(agent, event, status)
                else:
                    self.cluster.alert(event)

    def ask(self, agent: str, event: Json, undo: Json | None) -> None:
        try:
            seconds = self.chance.uniform(*SECONDS)
            status = ask_then_act(self.stage, self.gates[agent], agent, event, undo, seconds=seconds)
            if status:
                self.seen(agent, event, status)
        finally:
            self.stage.asking.release()


def play(
    stage: Stage,
    clients: dict[str, Client],
    gates: dict[str, Gate],
    *,
    rate: float,
    count: int | None,
    chance: random.Random,
    cluster: Cluster | None = None,
) -> int:
    """Play actions until the end signal, or `count` of them and their questions answered. Returns how many were played."""
    lines, mapping = read_lines(), read_mapping()
    found = [pair for pair in zip(lines, recordings(lines, mapping), strict=True) if pair[1].agent in clients]
    if not found:
        raise SystemExit(f"no key for any recorded agent ({', '.join(sorted(known_agents(mapping)))})")
    company = Company(stage, clients, gates, chance, cluster=cluster)
    played = 0
    for scene, episode in enumerate(scenes(found, chance)):
        for line, recording in episode:
            if stage.ended.is_set() or (count is not None and played >= count):
                while any(thread.is_alive() for thread in company.questions) and not stage.ended.wait(0.2):
                    pass
                return played
            company.take_turn(scene, line, recording)
            played += 1
            stage.ended.wait(60 / rate * chance.uniform(0.6, 1.4))
    return played


def known_agents(mapping: Mapping) -> set[str]:
    return set(mapping.agents.values())


def watch_parent(stage: Stage, parent: int) -> None:
    """End when the process that started us is gone, so that no demo leaves agents behind."""
    while not stage.ended.wait(2):
        if os.getppid() != parent:
            stage.ended.set()


def read_access(path: Path) -> Json:
    try:
        access: Json = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SystemExit(f"{path} is not there: start the demo first (make demo)") from None
    return access


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="live_agents", description="Play recorded agents against a running Oversight."
    )
    default = Path(os.environ.get("OVERSIGHT_DATA_DIR") or "var") / "demo-access.json"
    parser.add_argument(
        "--access", type=Path, default=default, help="file with the agents' keys (default: %(default)s)"
    )
    parser.add_argument("--url", help="address of the server (default: the one in the access file)")
    parser.add_argument("--rate", type=float, default=4.0, help="actions a minute (default: %(default)s)")
    parser.add_argument("--count", type=int, help="end after so many actions (default: never)")
    parser.add_argument("--seed", type=int, help="play the same order again")
    given = parser.parse_args(arguments)
    if given.rate <= 0:
        parser.error("--rate must be above 0")
    access = read_access(given.access)
    url = given.url or access["url"]
    if not url.startswith(("http://", "https://")):
        parser.error("--url must begin with http:// or https://")
    stage = Stage(lambda text: print(text, flush=True))
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stage.ended.set())
    threading.Thread(target=watch_parent, args=(stage, os.getppid()), daemon=True).start()
    clients = {agent["name"]: Client(url, agent["key"]) for agent in access["agents"]}
    gates = {
        agent["name"]: Gate(
            url, agent["key"], executor=f"{agent['name']}-runner", state=given.access.parent / f"{agent['name']}.seen"
        )
        for agent in access["agents"]
    }
    kinds = {undo["kind"] for line in read_lines() if (undo := undo_of(line))}
    for name, gate in gates.items():
        threading.Thread(target=undo_when_ordered, args=(stage, gate, name, kinds), daemon=True).start()
    chance = random.Random(given.seed)  # noqa: S311 - a shuffle, not a secret
    cluster = Cluster.of(url, {source["system"]: source["secret"] for source in access.get("sources", ())})
    play(stage, clients, gates, rate=given.rate, count=given.count, chance=chance, cluster=cluster)
    return 0


if __name__ == "__main__":
    sys.exit(main())
