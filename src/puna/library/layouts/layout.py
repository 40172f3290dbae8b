"""A layout: how a model's file is recognised that llama.cpp can't read as it is, and what has to be changed of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from puna.formats.gguf import Metadata
from puna.library.layouts.rewrite import Rewrite

EMBEDDED = ("v.", "mm.")
"""How the names of a vision tower's and a projector's tensors begin, where they are in the model's own file."""


class Change(Protocol):
    """Makes a header into the one that llama.cpp reads."""

    def __call__(self, rewrite: Rewrite, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Layout:
    """What one architecture's files need.

    `recognises` says whether a file with this architecture needs it at all. `text` changes the language model, which
    has no tensors whose names begin with one of `hidden`. `projector` changes what is left when only those that begin
    with one of `embedded` are kept. `why` goes on after the words "Ollama's layout: ".
    """

    why: str
    text: Change
    recognises: Callable[[Metadata], bool] = lambda header: True
    projector: Change | None = None
    hidden: tuple[str, ...] = EMBEDDED
    embedded: tuple[str, ...] = EMBEDDED


def has_tensors(header: Metadata, *prefixes: str) -> bool:
    """Whether the names of any tensors begin so."""
    return any(tensor.name.startswith(prefixes) for tensor in header.tensors)


def has_keys(header: Metadata, *keys: str) -> bool:
    """Whether the header has any of the keys; `{arch}` stands for the architecture."""
    return any(header.get(key) is not None for key in keys)
