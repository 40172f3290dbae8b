"""The header of a GGUF file that is made from another one: what its keys say, and where its tensors come from."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, BinaryIO, Self

from puna.formats.gguf import TENSOR_TYPES, Array, Metadata, Tensor

F32, F16 = 0, 1
EARLY_MXFP4 = 4
"""Ollama's first files of gpt-oss have this type, with the numbers of a block in another order than MXFP4."""

_TYPES = {**TENSOR_TYPES, EARLY_MXFP4: ("MXFP4", 32, 17)}

Make = Callable[[BinaryIO], Iterable[bytes]]
"""Reads the old file and gives the bytes of a new tensor, piece by piece."""

PADDING = "puna.padding"
"""The key that makes a header as long as it has to be."""

_ROWS = 1 << 24  # bytes of one piece


@dataclass(frozen=True, slots=True)
class Piece:
    """A tensor of the new file. Its bytes are the old file's from `start` on, or what `make` gives."""

    name: str
    shape: tuple[int, ...]
    kind: int
    start: int = 0
    make: Make | None = None

    @property
    def nbytes(self) -> int:
        """Its size in bytes."""
        _, block, size = _TYPES[self.kind]
        return prod(self.shape) // block * size


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that the new file has as the old one had it, type and all."""

    key: str
    value: Any
    span: tuple[int, int]


class Rewrite:
    """A new header, which begins as the old one, or as nothing.

    Integers are written as 32 bits without a sign, lists of them with one, and bytes as an array of them: the types
    that llama.cpp asks for.
    """

    def __init__(self, source: Metadata, values: Mapping[str, Any], pieces: Iterable[Piece]) -> None:
        self.source = source
        self.values: dict[str, Any] = dict(values)
        self.pieces: dict[str, Piece] = {piece.name: piece for piece in pieces}

    @classmethod
    def text(cls, source: Metadata, *, without: Sequence[str] = ()) -> Self:
        """The language model of a file: its keys, and the tensors whose names don't begin with one of `without`."""
        kept = {key: value for key, value in source.values.items() if key != PADDING}
        values = {key: Kept(key, value, source.spans[key]) for key, value in kept.items()}
        pieces = (_piece(source, tensor) for tensor in source.tensors)
        return cls(source, values, (piece for piece in pieces if not piece.name.startswith(tuple(without))))

    @classmethod
    def projector(cls, source: Metadata, prefixes: Sequence[str]) -> Self:
        """What turns pictures into tokens: the tensors whose names begin with one of `prefixes`, and no keys yet."""
        pieces = (_piece(source, tensor) for tensor in source.tensors)
        values = {"general.architecture": "clip", "general.type": "mmproj"}
        return cls(source, values, (piece for piece in pieces if piece.name.startswith(tuple(prefixes))))

    # Keys

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key; of an array its list."""
        value = self.values.get(key, default)
        if not isinstance(value, Kept):
            return value
        return self.source.array(value.key) if isinstance(value.value, Array) else value.value

    def set(self, values: Mapping[str, Any]) -> None:
        """Give keys these values, whatever they had."""
        self.values |= values

    def move(self, keys: Mapping[str, str]) -> None:
        """Give values another key, where that has none of its own."""
        for old, new in keys.items():
            if old in self.values:
                self.values.setdefault(new, self.values.pop(old))

    def default(self, values: Mapping[str, Any]) -> None:
        """Give keys these values where they have none. None is no value."""
        for key, value in values.items():
            if value is not None:
                self.values.setdefault(key, value)

    def take(self, keys: Mapping[str, str], prefix: str = "") -> None:
        """Take values of the old file: `keys` names the new key for each old one, which begins with `prefix`."""
        for old, new in keys.items():
            key = prefix + old
            if key in self.source.values and new not in self.values:
                self.values[new] = Kept(key, self.source.values[key], self.source.spans[key])

    def drop(self, *keys: str) -> None:
        """Leave keys away; one that ends with a dot stands for all that begin with it."""
        prefixes = tuple(key for key in keys if key.endswith("."))
        self.values = {
            key: value for key, value in self.values.items() if key not in keys and not key.startswith(prefixes)
        }

    def become(self, architecture: str) -> None:
        """Name the architecture as llama.cpp does, in every key."""
        old, new = f"{self.source.architecture}.", f"{architecture}."
        self.values = {
            new + key.removeprefix(old) if key.startswith(old) else key: value for key, value in self.values.items()
        }
        self.values["general.architecture"] = architecture

    # Tensors

    @property
    def metadata(self) -> Metadata:
        """The header as if the old file had it: a tensor that is computed has no place there."""
        values = {key: value.value if isinstance(value, Kept) else value for key, value in self.values.items()}
        first = self.source.data_offset
        tensors = (
            Tensor(each.name, each.shape, each.kind, max(0, each.start - first)) for each in self.pieces.values()
        )
        return Metadata(self.source.path, self.source.version, values, tuple(tensors), first)

    def shape(self, name: str) -> tuple[int, ...] | None:
        """The shape of a tensor, its rows' length first; None where there is none of that name."""
        piece = self.pieces.get(name)
        return None if piece is None else piece.shape

    def origin(self, name: str) -> Piece:
        """A tensor of the old file."""
        return next(_piece(self.source, tensor) for tensor in self.source.tensors if tensor.name == name)

    def any(self, pattern: str) -> bool:
        """Whether a tensor's name matches."""
        return any(re.search(pattern, name) for name in self.pieces)

    def rename(self, parts: Mapping[str, str]) -> None:
        """Call parts of tensors' names otherwise, one pair after the other. A part is words between dots."""
        for old, new in parts.items():
            pattern = re.compile(rf"(?<![^.]){re.escape(old)}(?![^.])")
            self._renamed(lambda name, pattern=pattern, new=new: pattern.sub(new, name, count=1))  # type: ignore[misc]

    def rename_beginning(self, old: str, new: str) -> None:
        """Give another beginning to the names that begin with `old`."""
        self._renamed(lambda name: new + name.removeprefix(old) if name.startswith(old) else name)

    def without(self, *prefixes: str) -> None:
        """Leave away the tensors whose names begin so."""
        self.pieces = {name: piece for name, piece in self.pieces.items() if not name.startswith(prefixes)}

    def shorten(self, name: str, rows: int) -> None:
        """Keep only the first rows of a matrix."""
        piece = self.pieces[name]
        self.pieces[name] = replace(piece, shape=(piece.shape[0], rows))

    def reshape(self, name: str, *shape: int) -> None:
        """Read a tensor's numbers in another shape."""
        if name in self.pieces:
            self.pieces[name] = replace(self.pieces[name], shape=shape)

    def add(self, name: str, shape: tuple[int, ...], kind: int, make: Make) -> None:
        """Add a tensor that is computed."""
        self.pieces[name] = Piece(name, shape, kind, make=make)

    def replace(self, *names: str) -> list[Piece]:
        """Take tensors out, for others to be made of them."""
        return [self.pieces.pop(name) for name in names]

    def _renamed(self, rename: Callable[[str], str]) -> None:
        pieces = (replace(piece, name=rename(piece.name)) for piece in self.pieces.values())
        self.pieces = {piece.name: piece for piece in pieces}


def read(file: BinaryIO, piece: Piece) -> Iterator[bytes]:
    """The bytes of a tensor."""
    if piece.make is not None:
        yield from piece.make(file)
        return
    file.seek(piece.start)
    left = piece.nbytes
    while left:
        chunk = file.read(min(left, _ROWS))
        yield chunk
        left -= len(chunk)


def _piece(source: Metadata, tensor: Tensor) -> Piece:
    return Piece(tensor.name, tensor.shape, tensor.kind, source.data_offset + tensor.offset)
