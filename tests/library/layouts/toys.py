"""Models of toy size with random weights, each in llama.cpp's layout and in Ollama's.

What a layout has of its own is in the two tables of names and in what `ollama` leaves out or adds; the numbers are
the same in both, and such that 16 bits hold them exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Tensors = dict[str, npt.NDArray[Any]]
WIDTH = 64
TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {% if m.content is string %}{{ m.content }}{% else %}"
    "{% for part in m.content %}{{ part.text }}{% endfor %}{% endif %}\n{% endfor %}assistant: "
)


@dataclass(frozen=True)
class Toy:
    """The files: what llama.cpp's converter would write, and the one that Ollama publishes."""

    reference: Path
    published: Path
    projector: Path | None = None


@dataclass
class Drawing:
    """Draws random weights, the same for the same seed."""

    seed: int
    _random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)

    def matrix(self, *shape: int) -> npt.NDArray[np.float16]:
        """Numbers about as large as the width allows."""
        return (self._random.integers(-64, 65, shape) / 512).astype(np.float16)

    def vector(self, length: int, around: float = 0.0) -> npt.NDArray[np.float32]:
        """Numbers of 32 bits, as norms and biases have."""
        return (around + self._random.integers(-32, 33, length) / 256).astype(np.float32)

    def blocks(self, *shape: int) -> npt.NDArray[np.uint8]:
        """A matrix of MXFP4: a scale for each 32 numbers, and 16 bytes of them."""
        *rows, columns = shape
        blocks = self._random.integers(0, 256, (*rows, columns // 32, 17), np.uint8)
        blocks[..., 0] = self._random.integers(121, 125, blocks.shape[:-1], np.uint8)
        return blocks.reshape(*rows, -1)


def renamed(tensors: Tensors, names: Mapping[str, str]) -> Tensors:
    """The tensors with parts of their names replaced, in the order in which Ollama writes them."""
    found = {}
    for name, tensor in tensors.items():
        for old, new in names.items():
            name = name.replace(old, new)
        found[name] = tensor
    return dict(sorted(found.items(), key=lambda each: (_block(each[0]), each[0])))


def _block(name: str) -> int:
    return int(name.split(".")[1]) if name.startswith("blk.") else -1


def bytes_vocabulary(*specials: str) -> dict[str, Any]:
    """GPT-2's kind of tokenizer: a token for each byte, one merge, and special tokens."""
    letters = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in letters]
    tokens = [chr(byte) for byte in letters] + [chr(256 + number) for number, _ in enumerate(others)] + ["he"]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": [*tokens, *specials],
        "tokenizer.ggml.token_type": [1] * len(tokens) + [3] * len(specials),
        "tokenizer.ggml.merges": ["h e"],
    }


def pieces_vocabulary(*specials: str) -> dict[str, Any]:
    """SentencePiece's kind of tokenizer: special tokens, bytes and some pieces."""
    pieces = ["\u2581", *"etaoinshrdlu", "th", "\u2581th", "\u2581the"]
    tokens = [*specials, *(f"<0x{byte:02X}>" for byte in range(256)), *pieces]
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [0.0] * (len(specials) + 256) + [-float(number) for number, _ in enumerate(pieces)],
        "tokenizer.ggml.token_type": [3] * len(specials) + [6] * 256 + [1] * len(pieces),
    }
