"""Tensors that are made of others: what llama.cpp keeps in one tensor and Ollama in several, or in another order."""

from collections.abc import Iterator
from dataclasses import replace
from math import prod
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from puna.library.layouts.rewrite import F16, F32, Piece, Rewrite, read

Floats = npt.NDArray[np.float32]


def floats(file: BinaryIO, piece: Piece) -> Floats:
    """A tensor's numbers, whatever type they are stored in; the last axis is a row."""
    raw = np.frombuffer(b"".join(read(file, piece)), np.uint8)
    shape = piece.shape[::-1]
    if piece.kind == F32:
        return raw.view(np.float32).reshape(shape)
    if piece.kind == F16:
        return raw.view(np.float16).astype(np.float32).reshape(shape)
    import gguf  # takes a second to import

    values: Any = gguf.quants.dequantize(raw, gguf.GGMLQuantizationType(piece.kind))
    return np.asarray(values, np.float32).reshape(shape)


def promote(rewrite: Rewrite, *names: str) -> None:
    """Store tensors as 32-bit numbers: convolutions and position tables take no others everywhere."""
    for name in names:
        piece = rewrite.pieces.get(name)
        if piece is not None and piece.kind != F32:
            rewrite.add(name, piece.shape, F32, lambda file, piece=piece: [floats(file, piece).tobytes()])  # type: ignore[misc]


def convolve(rewrite: Rewrite, *names: str) -> None:
    """Store the weights of convolutions as 32-bit numbers, unless they have 16: those are taken as they are."""
    promote(rewrite, *(name for name in names if name in rewrite.pieces and rewrite.pieces[name].kind != F16))


def join(rewrite: Rewrite, name: str, *parts: str) -> None:
    """Make one tensor of several, one below the other. Where their types differ, all become 32-bit numbers."""
    if any(part not in rewrite.pieces for part in parts):
        return
    pieces = rewrite.replace(*parts)
    *row, _ = pieces[0].shape
    shape = (*row, sum(piece.shape[-1] for piece in pieces))
    alike = len({piece.kind for piece in pieces}) == 1

    def make(file: BinaryIO) -> Iterator[bytes]:
        for piece in pieces:
            yield from read(file, piece) if alike else [floats(file, piece).tobytes()]

    rewrite.add(name, shape, pieces[0].kind if alike else F32, make)


def interleave_blocks(rewrite: Rewrite, name: str, first: str, second: str) -> None:
    """Make one tensor of two with a matrix for each expert: an expert's first matrix, and its second below it."""
    one, two = rewrite.replace(first, second)
    row, rows, experts = one.shape

    def make(file: BinaryIO) -> Iterator[bytes]:
        size = one.nbytes // experts
        for expert in range(experts):
            for piece in (one, two):
                file.seek(piece.start + expert * size)
                yield file.read(size)

    rewrite.add(name, (row, 2 * rows, experts), one.kind, make)


def split_frames(rewrite: Rewrite, name: str, channels: int, *targets: str) -> None:
    """Make a two-dimensional convolution for each of a patch's frames from one over both. The old one has rows,
    columns, frames, and channels in and out as one axis."""
    if name not in rewrite.pieces:
        return
    (piece,) = rewrite.replace(name)
    columns, rows, frames, packed = piece.shape
    shape = (columns, rows, channels, packed // channels)
    kind = F16 if piece.kind == F16 else F32

    for frame, target in zip(range(frames), targets, strict=True):

        def make(file: BinaryIO, frame: int = frame) -> Iterator[bytes]:
            values = floats(file, piece).reshape(packed // channels, channels, frames, rows, columns)
            yield np.ascontiguousarray(values[:, :, frame], np.float16 if kind == F16 else np.float32).tobytes()

        rewrite.add(target, shape, kind, make)


def pair_rotations(rewrite: Rewrite, heads: int, *names: str) -> None:
    """Bring rows of queries and keys from a head's halves, as Transformers has them, to pairs beside each other."""
    for name in names:
        piece = rewrite.pieces.get(name)
        if piece is None:
            continue

        def make(file: BinaryIO, piece: Piece = piece) -> Iterator[bytes]:
            raw = np.frombuffer(b"".join(read(file, piece)), np.uint8)
            paired = raw.reshape(heads, 2, piece.shape[-1] // heads // 2, -1).swapaxes(1, 2)
            yield np.ascontiguousarray(paired).tobytes()

        rewrite.add(name, piece.shape, piece.kind, make)


def take_row(rewrite: Rewrite, name: str, matrix: str, row: int) -> None:
    """Add one row of a matrix of the old file, as 32-bit numbers."""
    piece = rewrite.origin(matrix)
    _, *rows = piece.shape
    start = piece.start + row * (piece.nbytes // prod(rows))
    one = replace(piece, shape=piece.shape[:1], start=start)
    rewrite.add(name, one.shape, F32, lambda file: [floats(file, one).tobytes()])


def shift(rewrite: Rewrite, *names: str) -> None:
    """Add one to what a norm multiplies with: some models store what is beyond one."""
    for name in names:
        piece = rewrite.pieces[name]
        rewrite.add(name, piece.shape, F32, lambda file, piece=piece: [(floats(file, piece) + 1).tobytes()])  # type: ignore[misc]
