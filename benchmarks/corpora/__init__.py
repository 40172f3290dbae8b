"""Schemas that people really have: those that libraries make of types, and those of published servers and suites."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """A schema, and what it is called."""

    name: str
    schema: Any


Corpus = Iterator[Case]
