"""More choices than an engine makes at once."""

from collections.abc import Iterator
from typing import Any

from puna.engines.llama.sampling import RANDOM_SEED


def rounds(
    body: dict[str, Any], choices: int, at_once: int, *, field: str
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """For each round the number of its first choice, how many it makes, and its request: `field` asks for so many,
    and the seed is one that the rounds before did not use. The prompt of a later round is in the engine's cache."""
    for first in range(0, choices, at_once):
        together = min(at_once, choices - first)
        asked = body | ({field: together} if together > 1 else {})
        if first and "seed" in body:
            asked["seed"] = (body["seed"] + first) % RANDOM_SEED
        yield first, together, asked
