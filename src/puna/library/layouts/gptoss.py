"""gpt-oss, as Ollama published it before llama.cpp had a name for it."""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from puna.library.layouts.computed import floats
from puna.library.layouts.layout import Layout
from puna.library.layouts.rewrite import EARLY_MXFP4, F32, Piece, Rewrite, read

Bytes = npt.NDArray[np.uint8]

MXFP4 = 39
_BLOCK = 17  # bytes: a scale, then 32 numbers of 4 bits

_NAMES = {
    "attn_out": "attn_output",
    "ffn_norm": "post_attention_norm",
}


def text(rewrite: Rewrite) -> None:
    """Name everything as llama.cpp does, and say what it does not guess: the experts' width, YaRN, the tokenizer."""
    rewrite.become("gpt-oss")
    rewrite.rename(_NAMES)
    for name in [name for name in rewrite.pieces if name.endswith(".attn_sinks")]:
        rewrite.rename({name: f"{name}.weight"})
    for name in [name for name in rewrite.pieces if ".ffn_gate_up_exps." in name]:
        _parted(rewrite, name)
    for piece in [piece for piece in rewrite.pieces.values() if piece.kind == EARLY_MXFP4]:
        _reordered(rewrite, piece)
    width = rewrite.shape("blk.0.ffn_gate_exps.weight")
    rewrite.default({"gpt-oss.expert_feed_forward_length": width and width[1], "gpt-oss.rope.scaling.type": "yarn"})
    rewrite.set({"tokenizer.ggml.pre": "gpt-4o"})


def _parted(rewrite: Rewrite, name: str) -> None:
    """The first files have gates and values of an expert in alternating rows of one tensor."""
    (piece,) = rewrite.replace(name)
    bias = len(piece.shape) == 2
    rows = piece.shape[0] if bias else piece.shape[1]
    shape = (rows // 2, *piece.shape[1:]) if bias else (piece.shape[0], rows // 2, *piece.shape[2:])
    experts = piece.shape[-1]

    for number, part in enumerate(("gate", "up")):

        def make(file: BinaryIO, number: int = number) -> Iterator[bytes]:
            raw = np.frombuffer(floats(file, piece).tobytes() if bias else b"".join(read(file, piece)), np.uint8)
            raw = _pairs(raw) if piece.kind == EARLY_MXFP4 else raw
            yield np.ascontiguousarray(raw.reshape(experts, rows // 2, 2, -1)[:, :, number]).tobytes()

        kind = F32 if bias else MXFP4 if piece.kind == EARLY_MXFP4 else piece.kind
        rewrite.add(name.replace("_gate_up_", f"_{part}_"), shape, kind, make)


def _reordered(rewrite: Rewrite, piece: Piece) -> None:
    rewrite.replace(piece.name)
    rewrite.add(
        piece.name,
        piece.shape,
        MXFP4,
        lambda file: (_pairs(np.frombuffer(chunk, np.uint8)).tobytes() for chunk in _blocks(file, piece)),
    )


def _blocks(file: BinaryIO, piece: Piece) -> Iterator[bytes]:
    """The tensor in pieces of whole blocks."""
    size, end = _BLOCK << 20, piece.start + piece.nbytes
    for start in range(piece.start, end, size):
        file.seek(start)
        yield file.read(min(size, end - start))


def _pairs(raw: Bytes) -> Bytes:
    """The order of numbers in a block as ggml has it: 0 beside 16, 1 beside 17. The first files have 0 beside 1."""
    blocks = raw.reshape(-1, _BLOCK).copy()
    low, high = blocks[:, 1:9].copy(), blocks[:, 9:].copy()
    blocks[:, 1::2] = (low & 0x0F) | (high << 4)
    blocks[:, 2::2] = (low >> 4) | (high & 0xF0)
    return blocks


GPTOSS = Layout("different names for the architecture and three tensors of each block", text)
