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

STRETCH = 1.15
"""How many times as long as its shortest document the longest one of a batch may be: the rest is padding."""

LENGTHS = 16
"""The lengths of batches are multiples of this: the fewer there are, the more often a kernel that was made for one serves again."""

Encoded = tuple[list[int], list[float]]


@dataclass(frozen=True)
class Stage:
    """A stretch of training: how many steps, on which skills."""

    steps: int
    skills: Mapping[Skill, float]


@dataclass(frozen=True)
class Batch:
    """One document a row, from its start and padded at its end, and how much each token counts as one to learn to write."""

    tokens: NDArray[np.int64]
    learned: NDArray[np.float32]


def documents(random: Random, skills: Mapping[Skill, float] = FULL) -> Iterator[Document]:
    """Documents of the mixture, without end."""
    fillers = Fillers(random)
    examples, shares = list(skills), list(skills.values())
    while True:
        yield random.choices(examples, shares)[0](fillers)


def part(tokenizer: Tokenizer, stage: Stage, tokens: int, seed: int) -> list[Batch]:
    """Documents of so many tokens in all, the same for the same seed, batched with those of about their length."""
    source = documents(Random(seed), stage.skills)
    pool: list[Encoded] = []
    total = 0
    while total < tokens:
        for document in encode(tokenizer, [next(source) for _ in range(8)]):
            pool.append(document)
            total += len(document[0])
    return list(batches(sorted(pool, key=lambda document: len(document[0]))))


def batches(by_length: list[Encoded]) -> Iterator[Batch]:
    """Neighbours of similar length together."""
    start = 0
    for end in range(1, len(by_length) + 1):
        limit = STRETCH * len(by_length[start][0]) + 4
        if end == len(by_length) or len(by_length[end][0]) > limit:
            yield pad(by_length[start:end])
            start = end


def encode(tokenizer: Tokenizer, batch: list[Document]) -> Iterator[Encoded]:
    """The tokens of documents, and how much each is to be learned."""
    spans = [[span for span in document if span.text] for document in batch]
    encoded = iter(tokenizer.encode_batch([span.text for document in spans for span in document]))
    for document in spans:
        tokens: list[int] = []
        learned: list[float] = []
        for span in document:
            ids = next(encoded).ids
            tokens += ids
            learned += [span.weight * span.learned] * len(ids)
        yield tokens, learned


def pad(batch: list[Encoded]) -> Batch:
    """The documents as one rectangle."""
    shape = len(batch), -max(len(ids) for ids, _ in batch) // LENGTHS * -LENGTHS
    tokens, learned = np.zeros(shape, np.int64), np.zeros(shape, np.float32)
    for row, (ids, chosen) in enumerate(batch):
        tokens[row, : len(ids)] = ids
        learned[row, : len(ids)] = chosen
    learned[:, 0] = 0
    return Batch(tokens, learned)
