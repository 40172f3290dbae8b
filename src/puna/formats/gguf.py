"""What the header of a GGUF file says about the model in it.

The format is ggml's (docs/gguf.md in ggml-org/ggml). The `gguf` package reads it too, but builds an array
object for every token of the vocabulary (seconds for 150,000 tokens) and takes a second to import; this
reads the header only, and skips the arrays.
"""

import mmap
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, Self

from puna.core.errors import DamagedModel

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32

_STRING, _ARRAY = 8, 9
_SCALARS: dict[int, struct.Struct] = {
    kind: struct.Struct("<" + code)
    for kind, code in {
        0: "B",
        1: "b",
        2: "H",
        3: "h",
        4: "I",
        5: "i",
        6: "f",
        7: "?",
        10: "Q",
        11: "q",
        12: "d",
    }.items()
}
_U32, _U64 = _SCALARS[4], _SCALARS[10]

# ggml's tensor types: name, values in a block, bytes of a block (`GGML_QUANT_SIZES` of the gguf package).
TENSOR_TYPES: dict[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 40),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
}

# `general.file_type`, as llama.cpp's llama_ftype counts and Ollama shows it.
FILE_TYPES: dict[int, str] = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    21: "Q2_K_S",
    22: "IQ3_XS",
    23: "IQ3_XXS",
    24: "IQ1_S",
    25: "IQ4_NL",
    26: "IQ3_S",
    27: "IQ3_M",
    28: "IQ2_S",
    29: "IQ2_M",
    30: "IQ4_XS",
    31: "IQ1_M",
    32: "BF16",
    36: "TQ1_0",
    37: "TQ2_0",
    38: "MXFP4_MOE",
    39: "NVFP4",
    40: "Q1_0",
}

POOLING_TYPES: dict[int, str] = {0: "none", 1: "mean", 2: "cls", 3: "last", 4: "rank"}


@dataclass(frozen=True, slots=True)
class Array:
    """An array of a header: `count` values of a type, at `offset` in the file. It is read on demand."""

    kind: int
    count: int
    offset: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as the header describes it. `offset` is in bytes from the start of the data."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Its size in bytes, 0 where the type is newer than this table."""
        _, block, size = TENSOR_TYPES.get(self.kind, ("", 1, 0))
        return self.elements // block * size


@dataclass(frozen=True)
class Metadata:
    """The header of one GGUF file: its keys with their values, and its tensors without theirs.

    A value that is an array is read from the file when it is asked for, unless it is a list already. `spans` says
    where in the file each value begins, with its type before it, and ends.
    """

    path: Path
    version: int
    values: Mapping[str, Any]
    tensors: tuple[Tensor, ...]
    data_offset: int
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a header. Raises DamagedModel for what is no GGUF file, or is cut off."""
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise DamagedModel(path, "not a GGUF file: it does not begin with 'GGUF'")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
                return cls._of(path, view)

    @classmethod
    def _of(cls, path: Path, view: mmap.mmap) -> Self:
        cursor = _Cursor(view, len(MAGIC))
        try:
            version = cursor.scalar(_U32)
            if version not in VERSIONS:
                raise DamagedModel(path, f"GGUF version {version} is not supported, only 2 and 3 (little endian)")
            tensor_count, value_count = cursor.scalar(_U64), cursor.scalar(_U64)
            values, spans = cursor.values(value_count)
            tensors = tuple(cursor.tensor() for _ in range(tensor_count))
        except (struct.error, UnicodeDecodeError, KeyError, OverflowError, RecursionError) as error:
            raise DamagedModel(path, "the GGUF header is damaged or cut off") from error
        alignment = values.get("general.alignment", DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or alignment <= 0:
            raise DamagedModel(path, f"the GGUF header gives an impossible alignment, {alignment}")
        metadata = cls(path, version, values, tensors, -(-cursor.offset // alignment) * alignment, spans)
        missing = metadata.data_end - len(view)
        if missing > 0:
            raise DamagedModel(path, f"the GGUF file is cut off, {missing} bytes are missing")
        return metadata

    @property
    def data_end(self) -> int:
        """Where the last tensor ends, in bytes from the start of the file."""
        return max((self.data_offset + tensor.offset + tensor.nbytes for tensor in self.tensors), default=0)

    def get(self, key: str) -> Any:
        """The value of a key, None where it is missing. `{arch}` stands for the architecture."""
        return self.values.get(key.replace("{arch}", self.architecture, 1))

    def array(self, key: str) -> list[Any]:
        """The values of an array, read from the file; empty where the key is missing."""
        array = self.get(key)
        if isinstance(array, list):
            return array
        if not isinstance(array, Array):
            return []
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return list(_Cursor(view, array.offset).elements(array))

    @property
    def architecture(self) -> str:
        """`llama`, `qwen3`, `bert`, …; `clip` is a projector for pictures."""
        return str(self.values.get("general.architecture", "unknown"))

    @property
    def context_length(self) -> int | None:
        """How many tokens the model was trained for."""
        return self._integer("{arch}.context_length")

    @property
    def block_count(self) -> int | None:
        return self._integer("{arch}.block_count")

    @property
    def embedding_length(self) -> int | None:
        """The width of the model, and of the embeddings that it makes."""
        return self._integer("{arch}.embedding_length")

    @property
    def head_count(self) -> int | None:
        """The number of attention heads, the most that a layer has."""
        return self._largest("{arch}.attention.head_count")

    @property
    def head_count_kv(self) -> int | None:
        """The number of key and value heads, the most that a layer has; `head_count` where unsaid."""
        return self._largest("{arch}.attention.head_count_kv") or self.head_count

    @property
    def key_length(self) -> int | None:
        """The width of one head's keys."""
        return self._integer("{arch}.attention.key_length") or self._head_width

    @property
    def value_length(self) -> int | None:
        """The width of one head's values."""
        return self._integer("{arch}.attention.value_length") or self._head_width

    @property
    def sliding_window(self) -> int | None:
        """How many tokens back a windowed layer looks."""
        return self._integer("{arch}.attention.sliding_window")

    @property
    def pooling(self) -> str | None:
        """How token vectors become one embedding: `mean`, `cls`, `last`, `rank`, `none`, or None."""
        kind = self._integer("{arch}.pooling_type")
        return None if kind is None else POOLING_TYPES.get(kind, str(kind))

    @property
    def causal(self) -> bool:
        """Whether a token sees only what is before it; encoders such as BERT are not causal."""
        return self.get("{arch}.attention.causal") is not False

    @property
    def chat_template(self) -> str | None:
        """The model's own template, in Jinja."""
        template = self.values.get("tokenizer.chat_template")
        return template if isinstance(template, str) else None

    @property
    def chat_templates(self) -> tuple[str, ...]:
        """That, and those for tools and other uses."""
        return tuple(
            text
            for key, text in self.values.items()
            if key.startswith("tokenizer.chat_template") and isinstance(text, str)
        )

    @property
    def file_type(self) -> str:
        """The quantisation, as Ollama shows it: `Q4_K_M`, `F16`, …, `unknown`. A file that does not say has the one
        that most of its weights have."""
        stated = self._integer("general.file_type")
        if stated is not None:
            return FILE_TYPES.get(stated, "unknown")
        weights: Counter[int] = Counter()
        for tensor in self.tensors:
            weights[tensor.kind] += tensor.elements
        return next((TENSOR_TYPES[kind][0] for kind, _ in weights.most_common(1) if kind in TENSOR_TYPES), "unknown")

    @cached_property
    def parameter_count(self) -> int:
        """How many weights there are."""
        return self._integer("general.parameter_count") or sum(tensor.elements for tensor in self.tensors)

    @property
    def vocabulary_size(self) -> int | None:
        """How many tokens there are."""
        tokens = self.values.get("tokenizer.ggml.tokens")
        if isinstance(tokens, list):
            return len(tokens)
        return tokens.count if isinstance(tokens, Array) else self._integer("{arch}.vocab_size")

    @cached_property
    def sampling(self) -> dict[str, float]:
        """The sampling that the model's makers recommend, by llama.cpp's names: `temp`, `top_k`, …"""
        prefix = "general.sampling."
        found = ((key.removeprefix(prefix), value) for key, value in self.values.items() if key.startswith(prefix))
        return {name: value for name, value in found if isinstance(value, int | float)}

    @property
    def reasoning_effort(self) -> str | None:
        """How much the model should think where a request says nothing (Puna's own key); None leaves it to the
        chat template."""
        effort = self.values.get("puna.reasoning_effort")
        return effort if isinstance(effort, str) else None

    @cached_property
    def special_tokens(self) -> dict[str, int]:
        """The ids of special tokens by their short names: `bos`, `eos`, `fim_pre`, `fim_suf`, `fim_mid`, …"""
        prefix, suffix = "tokenizer.ggml.", "_token_id"
        return {
            key.removeprefix(prefix).removesuffix(suffix): value
            for key, value in self.values.items()
            if key.startswith(prefix) and key.endswith(suffix) and isinstance(value, int)
        }

    @property
    def _head_width(self) -> int | None:
        if self.embedding_length and self.head_count:
            return self.embedding_length // self.head_count
        return None

    def _integer(self, key: str) -> int | None:
        value = self.get(key)
        return value if isinstance(value, int) else None

    def _largest(self, key: str) -> int | None:
        value = self.get(key)
        if isinstance(value, Array | list):
            return max(self.array(key), default=None)
        return value if isinstance(value, int) else None


class _Cursor:
    """A place in a header, moving on as values are read."""

    def __init__(self, view: mmap.mmap, offset: int) -> None:
        self._view = view
        self.offset = offset

    def scalar(self, form: struct.Struct) -> Any:
        value = form.unpack_from(self._view, self.offset)[0]
        self.offset += form.size
        return value

    def string(self) -> str:
        length = self.scalar(_U64)
        self._require(length)
        value = self._view[self.offset : self.offset + length].decode()
        self.offset += length
        return value

    def values(self, count: int) -> tuple[dict[str, Any], dict[str, tuple[int, int]]]:
        """Keys with their values, and with the places of these."""
        values, spans = {}, {}
        for _ in range(count):
            key, start = self.string(), self.offset
            values[key] = self._value_of(self.scalar(_U32))
            spans[key] = (start, self.offset)
        return values, spans

    def tensor(self) -> Tensor:
        name = self.string()
        dimensions = self.scalar(_U32)
        shape = tuple(self.scalar(_U64) for _ in range(dimensions))
        return Tensor(name, shape, self.scalar(_U32), self.scalar(_U64))

    def elements(self, array: Array) -> Iterator[Any]:
        return (self._value_of(array.kind) for _ in range(array.count))

    def _value_of(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            return self._array()
        return self.scalar(_SCALARS[kind])

    def _array(self) -> Array:
        kind, count = self.scalar(_U32), self.scalar(_U64)
        array = Array(kind, count, self.offset)
        if kind == _STRING:
            self._skip_strings(count)
        elif kind == _ARRAY:
            for _ in range(count):
                self._array()
        else:
            self._require(count * _SCALARS[kind].size)
            self.offset += count * _SCALARS[kind].size
        return array

    def _skip_strings(self, count: int) -> None:
        view, offset, unpack = self._view, self.offset, _U64.unpack_from
        for _ in range(count):
            offset += 8 + unpack(view, offset)[0]
        self.offset = offset
        self._require(0)

    def _require(self, size: int) -> None:
        if self.offset + size > len(self._view):
            raise struct.error("past the end")
