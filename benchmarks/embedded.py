"""Puna inside a Python program, beside the goals that it has: `python -m benchmarks.embedded`.

Every number is of processes of their own. The least of several is shown beside the median: what other programs take
of the machine only ever makes a start slower.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HI = [{"role": "user", "content": "Say this is a test"}]

IMPORT = """
import time
start = time.perf_counter()
import {package}
print(time.perf_counter() - start)
"""

ANSWER = f"""
import puna
puna.OpenAI().chat.completions.create(model="tiny", messages={HI}, max_tokens=1)
print("answered", flush=True)
"""

NATIVE_ANSWER = f"""
import puna
puna.Client().chat("tiny", messages={HI}, options={{"num_predict": 1}})
print("answered", flush=True)
"""

PLAIN_ANSWER = """
import puna
print(next(puna.Puna().chat("tiny", "Say this is a test")), flush=True)
"""

MEMORY = f"""
import os, psutil, puna
client = puna.OpenAI()
for _ in range(20):
    client.chat.completions.create(model="tiny", messages={HI})
print(psutil.Process().memory_info().rss)
"""

TESTS = """
import pytest

def test_first(puna_script, openai_client):
    ask(puna_script, openai_client)

@pytest.mark.parametrize("number", range({count}))
def test_scripted(puna_script, openai_client, number):
    ask(puna_script, openai_client)

def ask(puna_script, openai_client):
    puna_script.say("It is cold in Oslo.")
    messages = [{{"role": "user", "content": "How is it in Oslo?"}}]
    answer = openai_client.chat.completions.create(model="gpt-4o", messages=messages)
    assert answer.choices[0].message.content == "It is cold in Oslo."
"""


def python(program: str) -> str:
    """What a program prints."""
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout


def until_it_prints(program: str) -> float:
    """The seconds from the start of a process to its first line."""
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline()
        return time.perf_counter() - start


def several(times: int, measure: Callable[[], float]) -> list[float]:
    """That often, the first time for nothing: files come from the disk then."""
    measure()
    return [measure() for _ in range(times)]


def one_token(rounds: int) -> tuple[float, float]:
    """The medians of a chat of one token, in this process and through a port, by turns. In seconds."""
    import openai

    import puna

    with puna.serve() as server:
        port = openai.OpenAI(base_url=server.base_url, api_key="x")
        seconds: dict[Any, list[float]] = {puna.OpenAI(): [], port: []}
        for number in range(rounds + 20):
            for client, taken in seconds.items():
                start = time.perf_counter()
                client.chat.completions.create(model="tiny", messages=HI, max_tokens=1)
                if number >= 20:
                    taken.append(time.perf_counter() - start)
    here, there = map(statistics.median, seconds.values())
    return here, there


def scripted_tests(count: int) -> list[float]:
    """The seconds of tests with one scripted answer each, fixtures included; of one as pytest runs it, without what
    the first one starts."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_it.py").write_text(TESTS.format(count=count))
        report = Path(folder, "report.json")
        Path(folder, "conftest.py").write_text(CONFTEST)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "test_it.py"]
        environment = {**os.environ, "REPORT": str(report)}
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)
        durations: dict[str, float] = json.loads(report.read_text())
    return [seconds for name, seconds in durations.items() if "test_first" not in name]


CONFTEST = """
import collections, json, os

durations = collections.defaultdict(float)

def pytest_runtest_logreport(report):
    durations[report.nodeid] += report.duration

def pytest_sessionfinish():
    with open(os.environ["REPORT"], "w") as file:
        json.dump(durations, file)
"""


def show(what: str, seconds: Sequence[float], goal: str) -> None:
    """One line: the least and the median, in milliseconds."""
    least, median = min(seconds) * 1000, statistics.median(seconds) * 1000
    print(f"{what:<52} least {least:7.1f} ms   median {median:7.1f} ms   {goal}", flush=True)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--times", type=int, default=10, help="fresh processes of each kind")
    parser.add_argument("--rounds", type=int, default=300, help="chats, and tests")
    given = parser.parse_args()
    for package, goal in (("puna", "goal: 50 ms"), ("openai", ""), ("ollama", "")):
        taken = several(given.times, lambda package=package: float(python(IMPORT.format(package=package))))  # type: ignore[misc]
        show(f"import {package}", taken, goal)
    for package in ("openai", "ollama"):
        show(f"a process that only imports {package}", alone(package, given.times), "")
    show(
        "first answer, puna.Puna().chat()",
        several(given.times, lambda: until_it_prints(PLAIN_ANSWER)),
        "goal: 500 ms",
    )
    show("first answer, puna.OpenAI()", several(given.times, lambda: until_it_prints(ANSWER)), "goal: 500 ms")
    show("first answer, puna.Client()", several(given.times, lambda: until_it_prints(NATIVE_ANSWER)), "goal: 500 ms")
    here, there = one_token(given.rounds)
    print(f"a token in process / through a port: {here * 1000:.2f} / {there * 1000:.2f} ms = {here / there:.2f}")
    show("a test with a scripted answer", scripted_tests(given.rounds), "goal: 5 ms")
    print(f"memory of the process beside the engine: {int(python(MEMORY)) / 2**20:.0f} MiB   goal: 120 MB")


def alone(package: str, times: int) -> list[float]:
    """What a program pays for a package before Puna is asked anything."""
    return several(times, lambda: until_it_prints(f"import {package}; print(flush=True)"))


if __name__ == "__main__":
    main()
