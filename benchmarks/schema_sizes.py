"""Schemas that would hold up an engine that took them as they come: what becomes of each, after how long, and the
longest gap meanwhile in another client's stream on the same model: `make bench-schema-sizes`.

The stream is read by a process of its own. Beside each gap stands how long the server's and the engine's busiest
thread waited in it for a processor that others used: a machine with company has gaps of its own.
"""

import argparse
import json
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

import httpx2
import psutil

from benchmarks.bench import CACHE, puna_environment
from benchmarks.servers import PunaServer, puna_server

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

LONGEST_REFUSAL, LONGEST_GAP = 2.0, 0.2
NOTED = 0.02
"""How long a gap is at least to be told of, in seconds."""
SETTLED = 0.3
"""How long the stream is read after an answer."""
TOKENS = 60
MILLION = 1_000_000


def objects(count: int) -> list[dict[str, Any]]:
    return [
        {"type": "object", "properties": {f"k{number}": {"type": "integer"}}, "required": [f"k{number}"]}
        for number in range(count)
    ]


def properties(count: int) -> dict[str, Any]:
    return {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(count)}}


def pattern(expression: str, **lengths: int) -> dict[str, Any]:
    return {"type": "string", "pattern": expression, **lengths}


SIZES: dict[str, dict[str, Any]] = {
    "100,000 constants": {"enum": [f"value {number}" for number in range(100_000)]},
    "20,000 constants": {"enum": [f"value {number}" for number in range(20_000)]},
    "10,000 properties": properties(10_000),
    "1,900 properties": properties(1_900),
    "3,000 alternatives": {"anyOf": objects(3_000)},
    "1,000 alternatives": {"anyOf": objects(1_000)},
    "(((x{0,99}){0,99}){0,99})": pattern("(((x{0,99}){0,99}){0,99})"),
    "((x{0,99}){0,99})": pattern("^((x{0,99}){0,99})$"),
    r"\w* 200 times": pattern("^" + r"\w*" * 200 + "$"),
    r"(\w+\s?)+ twice, minLength 500": pattern(r"^(\w+\s?)+(\w+\s?)+$", minLength=500),
    "maxItems 1,000,000": {"type": "array", "items": {"type": "integer"}, "maxItems": MILLION},
    "maxItems and maxLength 5,000": {
        "type": "array",
        "items": {"type": "string", "maxLength": 5_000},
        "maxItems": 5_000,
    },
    "maxLength 1,000,000": {"type": "string", "maxLength": MILLION},
    "minLength 1,000,000": {"type": "string", "minLength": MILLION},
    "a pattern, maxLength 1,000,000": pattern("^[a-z]+[0-9]+$", minLength=100, maxLength=MILLION),
    "multipleOf 999999937": {"type": "integer", "multipleOf": 999_999_937},
    "patternProperties c{0,500}": {
        "type": "object",
        "patternProperties": {"^(a|b|ab)*c{0,500}$": {"type": "string"}},
        "additionalProperties": False,
    },
}


def requests(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The ways in which a schema comes: a name, a path and a body for each."""
    messages = [{"role": "user", "content": "x"}]
    arguments = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    tool = {"type": "function", "function": {"name": "f", "parameters": arguments}}
    chat = {"model": "tiny", "messages": messages, "max_tokens": TOKENS, "temperature": 1.5}
    form = {"type": "json_schema", "name": "x", "schema": schema}
    yield (
        "response_format",
        "/v1/chat/completions",
        {**chat, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}},
    )
    yield "forced tool", "/v1/chat/completions", {**chat, "tools": [tool], "tool_choice": "required"}
    yield "auto tool", "/v1/chat/completions", {**chat, "tools": [tool]}
    yield (
        "text.format",
        "/v1/responses",
        {"model": "tiny", "input": "x", "max_output_tokens": TOKENS, "text": {"format": form}},
    )
    yield (
        "format",
        "/api/chat",
        {
            "model": "tiny",
            "messages": messages,
            "stream": False,
            "format": schema,
            "options": {"num_predict": TOKENS},
        },
    )


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without text in the stream, and how much of it the server's and the engine's busiest thread waited for
    a processor, in seconds."""

    end: float
    seconds: float
    server: float
    engine: float

    def __str__(self) -> str:
        waited = f"waited for a processor: Puna {1000 * self.server:.0f}, engine {1000 * self.engine:.0f}"
        return f"{1000 * self.seconds:4.0f} ms ({waited})"


NONE = Gap(0, 0, 0, 0)


def read(address: str, server: int, engine: int, gaps: "Queue[Gap]") -> None:
    """Read streams one after the other, for as long as this process lives, and tell of each gap, those between two
    streams among them."""
    body = {
        "model": "tiny",
        "messages": [{"role": "user", "content": "Count from 1 to 500."}],
        "max_tokens": 1500,
        "stream": True,
        "temperature": 1.0,
        "logit_bias": {"2": -100},
    }
    watched = busiest(server), busiest(engine)
    with httpx2.Client(base_url=address, timeout=60, trust_env=False) as http:
        last, before = time.time(), tuple(map(waiting, watched))
        while True:
            with http.stream("POST", "/v1/chat/completions", json=body) as answer:
                for _ in filter(None, answer.iter_lines()):
                    now, waited = time.time(), tuple(map(waiting, watched))
                    if now - last > NOTED:
                        gaps.put(Gap(now, now - last, waited[0] - before[0], waited[1] - before[1]))
                    last, before = now, waited


def busiest(process: int) -> Path:
    """Where the system tells of a process's thread that has run the longest."""
    threads = [*Path(f"/proc/{process}/task").glob("*/schedstat")]
    return max(threads, key=lambda path: int(path.read_text().split()[0]))


def waiting(thread: Path) -> float:
    """How long a thread has been ready to run and did not, in seconds."""
    return int(thread.read_text().split()[1]) / 1e9


@dataclass
class Stream:
    """Another client's stream, and the gaps in it."""

    gaps: "Queue[Gap]"

    def longest(self, since: float) -> Gap:
        """The longest gap that ended after that time."""
        found = [NONE]
        while True:
            try:
                found.append(self.gaps.get(timeout=SETTLED))
            except Empty:
                return max((gap for gap in found if gap.end >= since or gap is NONE), key=lambda gap: gap.seconds)


def measure(server: PunaServer, times: int, only: str) -> int:
    """Send each schema in each way, and print what became of it. How many were above what is promised."""
    above = 0
    with httpx2.Client(base_url=server.address, timeout=600, trust_env=False) as http:
        warm = {"response_format": {"type": "json_object"}, "max_tokens": 300}
        for _ in range(3):
            messages = [{"role": "user", "content": "x"}]
            http.post("/v1/chat/completions", json={"model": "tiny", "messages": messages} | warm)
        engine = next(
            child.pid
            for child in psutil.Process(server.process.pid).children()
            if "puna.engines.llama.runner" in child.cmdline()
        )
        context = multiprocessing.get_context("spawn")
        gaps: Queue[Gap] = context.Queue()
        reader = context.Process(target=read, args=(server.address, server.process.pid, engine, gaps), daemon=True)
        reader.start()
        stream = Stream(gaps)
        time.sleep(2)
        print(f"{'with nothing beside':32} {stream.longest(time.time() - 1)}")
        for name, schema in SIZES.items():
            if only not in name:
                continue
            for way, path, body in requests(schema):
                above += sent(http, stream, f"{name}, {way}", path, body, times)
        if not reader.is_alive():
            raise RuntimeError("the stream ended")
        reader.kill()
    return above


def sent(http: httpx2.Client, stream: Stream, name: str, path: str, body: dict[str, Any], times: int) -> int:
    """Send one request so many times. Whether it was above what is promised."""
    content = json.dumps(body)
    longest, seconds = NONE, 0.0
    for _ in range(times):
        begun = time.time()
        answer = http.post(path, content=content, headers={"content-type": "application/json"})
        seconds = max(seconds, time.time() - begun)
        longest = max(longest, stream.longest(begun), key=lambda gap: gap.seconds)
    late = answer.status_code == 400 and seconds > LONGEST_REFUSAL
    wrong = late or longest.seconds > LONGEST_GAP or answer.status_code not in (200, 400, 422)
    said = "works" if answer.status_code == 200 else reason(answer)
    print(f"{name:50} {answer.status_code} after {1000 * seconds:5.0f} ms, gap {longest}: {said}", flush=True)
    return int(wrong)


def reason(answer: httpx2.Response) -> str:
    error = answer.json()["error"]
    return str(error["message"] if isinstance(error, dict) else error)[:100]


def main() -> None:
    parser = argparse.ArgumentParser(description="What becomes of schemas that would hold up an engine.")
    parser.add_argument("--times", type=int, default=3, help="how often each is sent")
    parser.add_argument("--only", default="", help="only schemas with this in their name")
    arguments = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    with puna_environment() as environment, puna_server(environment) as server:
        above = measure(server, arguments.times, arguments.only)
    if above:
        raise SystemExit(f"{above} above {LONGEST_REFUSAL:g} s or {1000 * LONGEST_GAP:.0f} ms")


if __name__ == "__main__":
    main()
