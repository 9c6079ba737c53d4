"""Agents that act live: they play recorded actions against a running server, a few a minute, and ask before some of them.

It must not import the product: it knows what any agent knows, the address, its keys and the machine contract.
Run it as `python -m examples.live_agents`; it ends by itself on SIGTERM, or when the process that started it is gone.
"""

import argparse
import json
import os
import random
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from examples.client import Client, RefusedError, UnreachableError
from examples.recordings import Mapping, Recording, read_lines, read_mapping, recordings, stamp, undo_of

Json = dict[str, Any]

WAITING = frozenset({"suggested", "pending", "window"})
GRANTED = frozenset({"authorized"})
REFUSED = frozenset({"vetoed", "denied", "expired", "withdrawn"})
ASKED_KINDS = frozenset({"scale", "traffic_routing", "patch_workload", "restart", "resource_limits", "config_change"})
"""What these agents ask about first, when it is their turn to ask."""
EPISODE_LIMIT = 6
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


def question(event: Json, undo: Json | None) -> Json:
    """What an agent knows before it acts: everything but the outcome."""
    data = {key: value for key, value in event["data"].items() if key != "outcome"}
    return {**data, "action": {**data["action"], "undo": undo}} if undo else data


def outcome_event(event: Json, action: Json) -> Json:
    """What an agent reports after an action that people let it take."""
    data = event["data"]
    return {
        **event,
        "id": uuid.uuid4().hex,
        "type": "oversight.decision.outcome.v1",
        "time": stamp(datetime.now(UTC)),
        "data": {"decision": data["decision"], "action": action, "outcome": data["outcome"]},
    }


def ask_then_act(stage: Stage, client: Client, agent: str, event: Json, undo: Json | None) -> None:
    """Propose, wait for people, and act only if they let it. Silence ends in expiry, never in the act."""
    body = question(event, undo)
    decision = stage.try_until_heard(agent, partial(client.propose, body, event["id"]))
    said = ""
    while decision is not None and not stage.ended.is_set():
        state, ref, version = decision["state"], str(decision["id"]), int(decision["version"])
        if state in GRANTED:
            stage.say(agent, f"{describe(event)}: allowed, acting")
            stage.try_until_heard(agent, partial(client.send_event, outcome_event(event, body["action"])))
            return
        if state not in WAITING:
            stage.say(agent, f"{describe(event)}: {state}, {'not done' if state in REFUSED else 'nothing left to do'}")
            return
        if state != said:
            stage.say(agent, f"{describe(event)}: asked, {state} at {decision.get('level', 'no stated level')}")
            said = state
        decision = stage.try_until_heard(agent, partial(client.wait_for_change, ref, version))


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
    """The agents that have a key, and how they take turns: every third action that may be asked about is asked first."""

    stage: Stage
    clients: dict[str, Client]
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:6])
    askable: int = 0
    questions: list[threading.Thread] = field(default_factory=list)

    def take_turn(self, scene: int, line: Json, recording: Recording) -> None:
        agent, client = recording.agent, self.clients[recording.agent]
        event = fresh(recording, self.run, scene)
        if self.turn_to_ask(recording) and self.stage.asking.acquire(blocking=False):
            thread = threading.Thread(target=self.ask, args=(client, agent, event, undo_of(line)), daemon=True)
            self.questions.append(thread)
            thread.start()
        elif self.stage.try_until_heard(agent, partial(client.send_event, event)) is not None:
            self.stage.say(agent, f"{describe(event)}: {event['data']['outcome']['status']}")

    def turn_to_ask(self, recording: Recording) -> bool:
        if recording.event["data"]["action"]["kind"] not in ASKED_KINDS:
            return False
        self.askable += 1
        return self.askable % 3 == 1

    def ask(self, client: Client, agent: str, event: Json, undo: Json | None) -> None:
        try:
            ask_then_act(self.stage, client, agent, event, undo)
        finally:
            self.stage.asking.release()


def play(stage: Stage, clients: dict[str, Client], rate: float, count: int | None, chance: random.Random) -> int:
    """Play actions until the end signal, or `count` of them and their questions answered. Returns how many were played."""
    lines, mapping = read_lines(), read_mapping()
    found = [pair for pair in zip(lines, recordings(lines, mapping), strict=True) if pair[1].agent in clients]
    if not found:
        raise SystemExit(f"no key for any recorded agent ({', '.join(sorted(known_agents(mapping)))})")
    company = Company(stage, clients)
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
    play(stage, clients, given.rate, given.count, random.Random(given.seed))  # noqa: S311 - a shuffle, not a secret
    return 0


if __name__ == "__main__":
    sys.exit(main())
