"""More choices than an engine makes at once."""

from collections.abc import Iterator
from typing import Any

from puna.engines.llama.sampling import RANDOM_SEED
from puna.engines.process.client import EngineClient


def rounds(
    client: EngineClient, body: dict[str, Any], choices: int, at_once: int, *, field: str
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """For each round the number of its first choice, how many it makes, and its request: `field` asks for so many,
    and the seed is one that the rounds before did not use. The prompt of a later round is in the engine's cache.

    Which slots choices get depends on what ran before, and the last bits of what is computed on that. So those that
    have a seed begin with the first slot, where nobody else needs it.
    """
    for first in range(0, choices, at_once):
        together = min(at_once, choices - first)
        asked = body | ({field: together} if together > 1 else {})
        if first and "seed" in body:
            asked["seed"] = (body["seed"] + first) % RANDOM_SEED
        if together > 1 and "seed" in body and client.idle:
            asked["id_slot"] = 0
        yield first, together, asked
