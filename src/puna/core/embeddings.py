"""Texts as vectors."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from puna.core.completions import Prompt

if TYPE_CHECKING:  # numpy takes a tenth of a second, which only embeddings need
    import numpy as np
    import numpy.typing as npt

Vector: TypeAlias = "npt.NDArray[np.float32]"
"""A text's place: float32, as wide as the model, of length 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingRequest:
    """Embed each of the inputs. With `truncate` those that are too long are cut at their end, instead of refused."""

    inputs: tuple[Prompt, ...]
    truncate: bool = False


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of some inputs that follow one another, and how many tokens those were. The first of a request says
    how many seconds it spent `waiting` for an engine, loading included."""

    vectors: tuple[Vector, ...]
    tokens: int
    waiting: float = 0.0
