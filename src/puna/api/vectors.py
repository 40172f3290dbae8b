"""The vectors that a request for embeddings gets, whichever dialect it has."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from puna.core.embeddings import Embedded
from puna.core.errors import InvalidRequest

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Matrix: TypeAlias = "npt.NDArray[np.float32]"


@dataclass
class Embeddings:
    """All vectors of one request: a matrix of rows for each batch, how many tokens they were made of, and the seconds
    spent waiting for an engine."""

    matrices: list[Matrix]
    tokens: int
    waiting: float = 0.0

    @classmethod
    async def gather(cls, batches: AsyncGenerator[Embedded, None], dimensions: int | None) -> "Embeddings":
        """Everything has to be there before the first byte goes out: an input may yet be refused."""
        result = cls([], 0)
        async with aclosing(batches):
            async for batch in batches:
                import numpy as np  # the engine's process is there, and has seen to that in a thread

                result.matrices.append(cut(np.stack(batch.vectors), dimensions))
                result.tokens += batch.tokens
                result.waiting += batch.waiting
        return result


def cut(vectors: Matrix, dimensions: int | None) -> Matrix:
    """The first numbers of each row, made a vector of length 1 again.

    Raises InvalidRequest where a row has fewer.
    """
    if dimensions is None or dimensions == vectors.shape[1]:
        return vectors
    if dimensions > vectors.shape[1]:
        raise InvalidRequest(
            f"Invalid 'dimensions': {dimensions} is more than this model's {vectors.shape[1]}.", param="dimensions"
        )
    import numpy as np

    short = vectors[:, :dimensions]
    lengths = np.linalg.norm(short, axis=1, keepdims=True)
    return (short / np.where(lengths > 0, lengths, 1)).astype(np.float32)
