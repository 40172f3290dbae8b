"""How much memory the weights of a pipeline take."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from puna.formats.pipeline import WEIGHTS, count_numbers


class Weights(NamedTuple):
    """How many numbers they are."""

    numbers: int

    @property
    def full(self) -> int:
        """Bytes with full precision."""
        return 4 * self.numbers

    @property
    def half(self) -> int:
        """Bytes with half precision."""
        return 2 * self.numbers


@lru_cache(64)
def weights_of(files: tuple[tuple[str, Path], ...]) -> Weights:
    """The weights of a pipeline's files. Raises DamagedModel."""
    return Weights(count_numbers(path for name, path in files if name.endswith(WEIGHTS)).total())
