"""Making what engines read, before somebody waits for it."""

from collections.abc import Callable
from dataclasses import dataclass

from puna.formats.gguf import Metadata
from puna.library.digest import Digest
from puna.library.layouts.readable import Readable
from puna.library.model import Model

STEP = 1 << 24
"""Bytes after which the progress is told again."""


@dataclass(frozen=True, slots=True)
class Translating:
    """So much of what engines read in place of a blob is there, in bytes."""

    digest: Digest
    total: int
    completed: int


def require_readable(header: Metadata) -> None:
    """Raises UnknownLayout for weights that llama.cpp can't read, and that nobody here can translate."""
    from puna.library.layouts.table import require_known, translation  # most models are made without it

    if translation(header) is None:
        require_known(header)


def translate(model: Model, report: Callable[[Translating], None] = lambda progress: None) -> None:
    """Write what is missing of what engines read in place of a model's blobs, and tell how far it is.

    Raises UnknownLayout for what can't be translated, StoreFailed where the disk refuses.
    """
    if model.kind != "gguf":
        return
    for each in model.readable:
        if each.missing:
            _translate(each, report)
        else:
            assert each.path  # raises for an unknown layout


def _translate(each: Readable, report: Callable[[Translating], None]) -> None:
    digest, total = each.digest, each.missing
    done = told = 0

    def progress(size: int) -> None:
        nonlocal done, told
        done += size
        if done - told >= STEP and done < total:
            told = done
            report(Translating(digest, total, done))

    report(Translating(digest, total, 0))
    each.prepare(progress)
    report(Translating(digest, total, total))
