"""The text that `tiny` learns from: a mixture of the skills, made from a seed, packed into rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.conversation import Document
from training.fillers import Fillers
from training.skills import FULL, Skill

LENGTHS = (192, 384, 768, 1536, 3072)
Encoded = tuple[list[int], list[bool]]


@dataclass(frozen=True)
class Stage:
    """A stretch of training: how many steps, on which skills."""

    steps: int
    skills: Mapping[Skill, float]


@dataclass(frozen=True)
class Rows:
    """Tokens, which document each belongs to, and whether it is one to learn to write."""

    tokens: NDArray[np.int64]
    documents: NDArray[np.int32]
    learned: NDArray[np.bool_]


def documents(random: Random, skills: Mapping[Skill, float] = FULL) -> Iterator[Document]:
    """Documents of the mixture, without end."""
    fillers = Fillers(random)
    examples, shares = list(skills), list(skills.values())
    while True:
        yield random.choices(examples, shares)[0](fillers)


def parts(tokenizer: Tokenizer, stage: Stage, tokens: int, seed: int) -> list[Rows]:
    """Documents of so many tokens in all, the same for the same seed; short ones in short rows, long ones in long."""
    source = documents(Random(seed), stage.skills)
    shelves: dict[int, list[Encoded]] = {length: [] for length in LENGTHS}
    total = 0
    while total < tokens:
        for ids, learned in encode(tokenizer, [next(source) for _ in range(8)]):
            total += len(ids)
            length = next((length for length in LENGTHS if len(ids) <= length), None)
            if length is not None:
                shelves[length].append((ids, learned))
    return [pack(shelf, length) for length, shelf in shelves.items() if shelf]


def encode(tokenizer: Tokenizer, batch: list[Document]) -> Iterator[Encoded]:
    """The tokens of documents, and which of them are to be learned."""
    spans = [[span for span in document if span.text] for document in batch]
    encoded = iter(tokenizer.encode_batch([span.text for document in spans for span in document]))
    for document in spans:
        tokens: list[int] = []
        learned: list[bool] = []
        for span in document:
            ids = next(encoded).ids
            tokens += ids
            learned += [span.learned] * len(ids)
        yield tokens, learned


def pack(documents_: list[Encoded], length: int) -> Rows:
    """Lays documents into as few rows as will do, the long ones first."""
    rows: list[list[Encoded]] = []
    room: list[int] = []
    for document in sorted(documents_, key=lambda document: -len(document[0])):
        size = len(document[0])
        row = next((row for row, left in enumerate(room) if left >= size), None)
        if row is None:
            row = len(rows)
            rows.append([])
            room.append(length)
        rows[row].append(document)
        room[row] -= size
    return _filled(rows, length)


def _filled(rows: list[list[Encoded]], length: int) -> Rows:
    filled = Rows(
        np.zeros((len(rows), length), np.int64),
        np.zeros((len(rows), length), np.int32),
        np.zeros((len(rows), length), np.bool_),
    )
    for row, documents_ in enumerate(rows):
        start = 0
        for number, (ids, learned) in enumerate(documents_, 1):
            place = slice(start, start + len(ids))
            filled.tokens[row, place] = ids
            filled.documents[row, place] = number
            filled.learned[row, place] = learned
            filled.learned[row, start] = False
            start += len(ids)
    return filled
