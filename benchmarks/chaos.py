"""Many clients, several models, and engines that are killed: `python -m benchmarks.chaos`, or `make chaos`.

Sends requests to the models of a memory budget that holds half of them, while engines are killed with SIGKILL at
random, and counts what became of the requests. Nothing may be lost: each request ends with a complete answer or with
an error event in its stream, and none fails that had not begun.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil

from benchmarks.attackers import attacking, drop_each
from benchmarks.watched import ADDRESS, Longest, longest
from tests.server import RunningServer, running_server
from tests.stored_models import add_model, write_micro_model

MODELS = ("one", "two", "three", "four")
TOKENS = 64
SETTLED_SECONDS = 3.0
"""After how long a server has given back what it does not need any more."""
SLOWEST = 0.3
"""How long, in seconds, the server itself may keep a stream waiting."""


@dataclass
class Report:
    """What happened. `begun_errors` are streams that ended with an error event after text; each of `failures` breaks
    a promise."""

    complete: int = 0
    begun_errors: int = 0
    kills: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    attacks: list[str] = field(default_factory=list)
    slowest: Longest = field(default_factory=Longest)

    def lines(self) -> list[str]:
        return [
            f"complete answers        {self.complete}",
            f"explicit error events   {self.begun_errors}",
            f"engines killed          {self.kills}",
            f"broken promises         {self.failures.total()} {dict(self.failures) or ''}",
            f"longest in the server   {self.slowest}",
            *self.attacks,
        ]


class Client:
    """Sends requests of every kind one after another, and judges the answers."""

    def __init__(self, http: httpx2.AsyncClient, number: int, report: Report) -> None:
        self._http = http
        self._random = random.Random(number)
        self._report = report
        self._key = f"client-{number % 20}"

    async def ask(self) -> None:
        stream = self._random.random() < 0.7
        body: dict[str, Any] = {
            "model": self._random.choice(MODELS),
            "messages": [{"role": "user", "content": f"say {self._random.random()}"}],
            "max_tokens": self._random.randint(1, TOKENS),
            "stream": stream,
        }
        if stream:
            body["stream_options"] = {"include_usage": True}
        headers = {"Authorization": f"Bearer {self._key}"}
        try:
            async with self._http.stream("POST", "/v1/chat/completions", json=body, headers=headers) as response:
                content = await response.aread()
        except httpx2.TransportError as error:
            self._report.failures[f"connection lost: {type(error).__name__}"] += 1
            return
        if response.status_code != 200:
            self._report.failures[f"{response.status_code}: {content[:200].decode()}"] += 1
        elif stream:
            self._judge_stream(content, body["max_tokens"])
        else:
            self._judge(json.loads(content), body["max_tokens"])

    def _judge(self, answer: dict[str, Any], tokens: int) -> None:
        if answer["usage"]["completion_tokens"] == tokens and answer["choices"][0]["finish_reason"] == "length":
            self._report.complete += 1
        else:
            self._report.failures["an answer of another length"] += 1

    def _judge_stream(self, content: bytes, tokens: int) -> None:
        events = [
            block.removeprefix("data: ") for block in content.decode().split("\n\n") if block.startswith("data")
        ]
        if events[-1] != "[DONE]":
            if "error" in json.loads(events[-1]) and len(events) > 1:
                self._report.begun_errors += 1
            else:
                self._report.failures["a stream without an end"] += 1
            return
        chunks = [json.loads(event) for event in events[:-1]]
        text = [choice for chunk in chunks for choice in chunk["choices"] if choice["delta"].get("content")]
        reasons = [
            choice["finish_reason"] for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]
        ]
        usage = chunks[-1]["usage"]
        if len(text) == tokens == usage["completion_tokens"] and reasons == ["length"]:
            self._report.complete += 1
        else:
            self._report.failures[f"a stream of another length: {len(text)} {reasons} {usage}, asked {tokens}"] += 1


async def kill_engines(server: RunningServer, report: Report, every: float) -> None:
    """Kill an engine at random, again and again."""
    chance = random.Random(0)
    while True:
        await asyncio.sleep(every)
        with suppress(psutil.Error):
            if engines := server.engines():
                os.kill(chance.choice(engines).pid, signal.SIGKILL)
                report.kills += 1


async def flood(url: str, clients: int, requests: int, report: Report) -> None:
    """That many requests by that many clients at once."""
    left = iter(range(requests))
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx2.AsyncClient(base_url=url, timeout=300, trust_env=False, limits=limits) as http:

        async def work(number: int) -> None:
            client = Client(http, number, report)
            for _ in left:
                await client.ask()

        await asyncio.gather(*(work(number) for number in range(clients)))


def budget(server: RunningServer) -> float:
    """The memory that one of the models is expected to take, in bytes."""
    with server.http() as http:
        http.post(
            "/v1/chat/completions",
            json={"model": MODELS[0], "messages": [{"role": "user", "content": "."}], "max_tokens": 1},
        ).raise_for_status()
        for line in http.get("/metrics").text.splitlines():
            if line.startswith('puna_memory_bytes{kind="ram"'):
                return float(line.rsplit(" ", 1)[1])
    raise AssertionError("no model is in memory")


async def run(
    home: Path, *, clients: int, requests: int, kill_every: float | None, rounds: int = 1, attackers: int = 0
) -> Report:
    """Set a server up with a budget for half of the models, and let it all happen. Checks for leaks at the end."""
    for seed, model in enumerate(MODELS):
        weights = write_micro_model(home / f"{model}.gguf", seed=seed)
        add_model(home / "models", model, weights, {"num_ctx": 512})
    with running_server(home / "measure", launcher=(), PUNA_MODELS=str(home / "models")) as server:
        one = budget(server)
    report = Report()
    settings = {
        "PUNA_MODELS": str(home / "models"),
        "PUNA_MEMORY": str(int(2.5 * one)),
        "PUNA_ACCESS_LOG": "0",
        "PUNA_THREADS": "1",  # threads that wait for each other make small models slow on a busy machine
    }
    settings[ADDRESS] = str(watch := home / "watch")
    with running_server(home, launcher=(), module="benchmarks.watched", **settings) as server:
        await warm_up(server.url, clients, attackers)
        longest(watch)
        process = psutil.Process(server.process.pid)
        before = process.num_fds(), process.memory_info().rss
        for number in range(rounds):
            killing = asyncio.create_task(kill_engines(server, report, kill_every)) if kill_every else None
            if attackers:
                async with attacking(server.url, MODELS[0], attackers) as attack:
                    await flood(server.url, clients, requests // rounds, report)
                report.attacks += attack.lines()
                report.failures += attack.faults
            else:
                await flood(server.url, clients, requests // rounds, report)
            if killing:
                killing.cancel()
            await asyncio.sleep(SETTLED_SECONDS)
            found = longest(watch)
            report.slowest = max(report.slowest, found, key=lambda one: one.together)
            if not (found.ticks and found.texts):
                report.failures["a round in which nothing was measured"] += 1
            memory = process.memory_info().rss / 2**20
            print(f"{process.num_fds()} descriptors, {memory:.1f} MiB, {found}", file=sys.stderr)
            if not number:  # as many large bodies at once as there ever are leave their mark on a heap
                before = before[0], max(before[1], process.memory_info().rss)
        check_leaks(server, before, report)
    return report


async def warm_up(url: str, clients: int, attackers: int) -> None:
    """Have a server do everything once: what it needs for that is no leak."""
    await flood(url, 8, 40, Report())
    if attackers:
        await drop_each(url)
        async with attacking(url, MODELS[0], attackers):
            await flood(url, clients, clients, Report())
        await asyncio.sleep(SETTLED_SECONDS)


def check_leaks(server: RunningServer, before: tuple[int, int], report: Report) -> None:
    """No descriptors beyond those of the engines that may still be there, no processes beyond the budget."""
    process = psutil.Process(server.process.pid)
    engines = server.engines()
    if len(engines) > 2:
        report.failures[f"{len(engines)} processes left"] += 1
    if process.num_fds() > before[0] + 12:
        report.failures[f"descriptors: {before[0]} before, {process.num_fds()} after"] += 1
    if report.slowest.together > SLOWEST:
        report.failures[f"a stream may have waited for the server: {report.slowest}"] += 1
    if process.memory_info().rss > before[1] + 48 * 2**20:
        report.failures[f"memory: {before[1] >> 20} MiB before, {process.memory_info().rss >> 20} after"] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill engines under load, and count what is lost.")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--kill-every", type=float, default=1.0, help="seconds; 0 for never")
    parser.add_argument("--rounds", type=int, default=4, help="how often memory is looked at")
    parser.add_argument("--attackers", type=int, default=0, help="of each kind, beside the clients")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        report = asyncio.run(
            run(
                Path(home),
                clients=arguments.clients,
                requests=arguments.requests,
                kill_every=arguments.kill_every or None,
                rounds=arguments.rounds,
                attackers=arguments.attackers,
            )
        )
    print("\n".join(report.lines()))
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
