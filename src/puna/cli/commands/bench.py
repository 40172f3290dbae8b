"""`puna bench`: how fast a model is on this machine."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import Any

import click

from puna.cli.arguments import MODEL, echo_json, json_option
from puna.cli.client.client import Client, connected
from puna.cli.output.table import render_table
from puna.cli.transfers import ensure_present

WORDS = (
    "river",
    "stone",
    "cloud",
    "lamp",
    "garden",
    "window",
    "paper",
    "silver",
    "quiet",
    "morning",
    "letter",
    "bridge",
)
PROMPT_WORDS = 400
BEGINNING = "Once upon a time, in a small village by the sea, there was a little"
"""What a prompt ends with: any model goes on from there."""
ROUNDS = 3
BLOCK = 2**27
"""How many bytes are copied to measure the memory: more than any cache of a processor has."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one answer took: tokens, and seconds by the engine's own clock; `first` is the time to the first token, by
    this one's."""

    prompt_tokens: int
    prompt_seconds: float
    tokens: int
    seconds: float
    first: float


@click.command()
@click.argument("model", type=MODEL)
@click.option("--tokens", type=click.IntRange(2), default=64, show_default=True, help="Tokens per answer.")
@click.option(
    "--streams", type=click.IntRange(2), default=8, show_default=True, help="Number of answers generated in parallel."
)
@json_option
def bench(model: str, tokens: int, streams: int, as_json: bool) -> None:
    """Measure how fast a model runs on this machine.

    This takes about a minute. Close other programs that use the processor or the GPU.
    """
    with connected() as client:
        ensure_present(client, model, insecure=False)
        measured = measure(client, model, tokens, streams)
    if as_json:
        echo_json(measured)
        return
    click.echo(render_table([*rows(measured, streams)]))


def measure(client: Client, model: str, tokens: int, streams: int) -> dict[str, float | None]:
    """All that is measured: tokens per second, seconds, bytes."""
    client.ask("POST", "/api/generate", {"model": model, "keep_alive": 0})  # the next one has to load it
    cold = answer(client, model, 2)
    alone = [answer(client, model, tokens) for _ in range(ROUNDS)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(streams) as pool:
        together = [*pool.map(lambda _: answer(client, model, tokens), range(streams))]
    seconds = time.perf_counter() - begun
    [running] = [one for one in client.ask("GET", "/api/ps")["models"] if same(one["name"], model)][:1] or [{}]
    generation = rate(alone)
    size = next((one.size for one in client.models() if same(one.name, model)), 0)
    bandwidth = copy_bandwidth()
    return {
        "cold_first_token_seconds": cold.first,
        "first_token_seconds": median(one.first for one in alone),
        "prompt_tokens_per_second": median(one.prompt_tokens / one.prompt_seconds for one in alone),
        "tokens_per_second": generation,
        "tokens_per_second_together": sum(one.tokens for one in together) / seconds,
        "memory_bytes": running.get("size_resident"),
        "memory_bandwidth": bandwidth,
        "share_of_bandwidth": size * generation / bandwidth if size and generation else None,
    }


def answer(client: Client, model: str, tokens: int) -> Answer:
    """One answer to a prompt that no cache knows."""
    words = " ".join(random.choices(WORDS, k=PROMPT_WORDS))  # noqa: S311 - no secret
    prompt = f"{words}.\n\n{BEGINNING}"
    options = {"num_predict": tokens, "temperature": 0}
    body = {"model": model, "prompt": prompt, "raw": True, "stream": True, "options": options}
    begun = time.perf_counter()
    first, last = 0.0, dict[str, Any]()
    for row in client.stream("/api/generate", body):
        first = first or time.perf_counter() - begun
        last = row
    count = last.get("eval_count", 0)
    return Answer(
        prompt_tokens=last.get("prompt_eval_count", 0),
        prompt_seconds=max(last.get("prompt_eval_duration", 0) / 1e9, 1e-9),
        tokens=count,
        seconds=last.get("eval_duration", 0) / 1e9,
        first=first,
    )


def rate(answers: list[Answer]) -> float | None:
    """Tokens per second. The first token of each is the prompt's work; None where there are no others."""
    tokens = sum(one.tokens - 1 for one in answers)
    return tokens / sum(one.seconds for one in answers) if tokens > 0 else None


def same(listed: str, asked: str) -> bool:
    """Whether a name in a list is the one that was asked for."""
    return listed == asked or listed == f"{asked}:latest"


def copy_bandwidth() -> float:
    """How many bytes a second this machine's memory takes and gives, when all cores copy."""
    import os

    import numpy as np

    cores = os.cpu_count() or 1
    source = [np.ones(BLOCK // cores, np.uint8) for _ in range(cores)]
    target = [np.zeros_like(block) for block in source]

    def once(pool: ThreadPoolExecutor) -> float:
        begun = time.perf_counter()
        [*pool.map(np.copyto, target, source)]
        return 2 * BLOCK / (time.perf_counter() - begun)

    with ThreadPoolExecutor(cores) as pool:
        return max(once(pool) for _ in range(5))


def rows(measured: dict[str, float | None], streams: int) -> Iterator[tuple[str, str]]:
    """What people read."""
    names = {
        "cold_first_token_seconds": ("first token, model not in memory", "{:.2f} s"),
        "first_token_seconds": ("first token", "{:.2f} s"),
        "prompt_tokens_per_second": ("prompt", "{:.0f} tokens/s"),
        "tokens_per_second": ("generation", "{:.1f} tokens/s"),
        "tokens_per_second_together": (f"{streams} answers at once", "{:.1f} tokens/s, prompts included"),
        "memory_bytes": ("memory", "{:.0f} MB"),
        "memory_bandwidth": ("memory bandwidth", "{:.1f} GB/s"),
        "share_of_bandwidth": ("of it generation uses", "{:.0%}"),
    }
    units = {"memory_bytes": 1e6, "memory_bandwidth": 1e9}
    for key, (name, form) in names.items():
        value = measured[key]
        if value is not None:
            yield name, form.format(value / units.get(key, 1))
