"""The text that `tiny` learns from: a mixture of the skills, made from a seed, packed into rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.conversation import Document
from training.fillers import Fillers
from training.model import CONTEXT
from training.sight.code import NOTIONS, PATCHES, uncertain
from training.sight.scenes import Scene
from training.skills import FULL, Skill

STRETCH = 1.15
"""How many times as long as its shortest document the longest one of a batch may be: the rest is padding."""

LENGTHS = 16
"""The lengths of batches are multiples of this: the fewer there are, the more often a kernel that was made for one serves again."""

PICTURE = -1
"""What stands for a token in the places of a picture's patches."""

FAR = 0.3
"""How many of the documents are read as if much more stood between their messages."""


@dataclass(frozen=True)
class Encoded:
    """A document's tokens, how much each is to be learned, at which messages begin, and its pictures."""

    tokens: list[int] = field(default_factory=list)
    learned: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)

    def stretch(self, random: Random) -> None:
        """Moves messages apart, up to what the context holds."""
        room = CONTEXT - len(self.tokens)
        starts = self.starts[1:]
        if room <= 0 or not starts:
            return
        places = sorted(random.sample(starts, min(len(starts), random.randint(1, 3))))
        total = random.randint(0, room)
        cuts = sorted(random.randint(0, total) for _ in places[1:])
        for place, gap in zip(places, [end - start for start, end in zip([0, *cuts], [*cuts, total], strict=True)], strict=True):
            for later in range(place, len(self.positions)):
                self.positions[later] += gap


@dataclass(frozen=True)
class Stage:
    """A stretch of training: how many steps, on which skills."""

    steps: int
    skills: Mapping[Skill, float]


@dataclass(frozen=True)
class Batch:
    """One document a row, from its start and padded at its end, and how much each token counts as one to learn to write;
    where each token stands, and what the pictures show in their order, and what a tower may say of them."""

    tokens: NDArray[np.int64]
    learned: NDArray[np.float32]
    positions: NDArray[np.int64]
    scenes: list[Scene]
    pictures: NDArray[np.float32]


def documents(random: Random, skills: Mapping[Skill, float] = FULL) -> Iterator[Document]:
    """Documents of the mixture, without end."""
    fillers = Fillers(random)
    examples, shares = list(skills), list(skills.values())
    while True:
        yield random.choices(examples, shares)[0](fillers)


def part(tokenizer: Tokenizer, stage: Stage, tokens: int, seed: int) -> list[Batch]:
    """Documents of so many tokens in all, the same for the same seed, batched with those of about their length."""
    random = Random(seed)
    source = documents(random, stage.skills)
    pool: list[Encoded] = []
    total = 0
    while total < tokens:
        for document in encode(tokenizer, [next(source) for _ in range(8)]):
            if len(document.tokens) > CONTEXT:
                continue
            if random.random() < FAR:
                document.stretch(random)
            pool.append(document)
            total += len(document.tokens)
    return list(batches(sorted(pool, key=lambda document: len(document.tokens)), random))


def batches(by_length: list[Encoded], random: Random) -> Iterator[Batch]:
    """Neighbours of similar length together."""
    start = 0
    for end in range(1, len(by_length) + 1):
        limit = STRETCH * len(by_length[start].tokens) + 4
        if end == len(by_length) or len(by_length[end].tokens) > limit:
            yield pad(by_length[start:end], random)
            start = end


def encode(tokenizer: Tokenizer, batch: list[Document]) -> Iterator[Encoded]:
    """The tokens of documents, and how much each is to be learned."""
    spans = [[span for span in document if span.text or span.picture is not None] for document in batch]
    encoded = iter(tokenizer.encode_batch([span.text for document in spans for span in document]))
    for document in spans:
        made = Encoded()
        for span in document:
            ids = next(encoded).ids
            if span.picture is not None:
                ids = [PICTURE] * PATCHES
                made.scenes.append(span.picture)
            if span.text.startswith("<|im_start|>"):
                made.starts.append(len(made.tokens))
            made.tokens.extend(ids)
            made.learned.extend([span.weight * span.learned] * len(ids))
        made.positions.extend(range(len(made.tokens)))
        yield made


def pad(batch: list[Encoded], random: Random) -> Batch:
    """The documents as one rectangle."""
    shape = len(batch), -max(len(document.tokens) for document in batch) // LENGTHS * -LENGTHS
    tokens, learned, positions = np.zeros(shape, np.int64), np.zeros(shape, np.float32), np.zeros(shape, np.int64)
    for row, document in enumerate(batch):
        tokens[row, : len(document.tokens)] = document.tokens
        learned[row, : len(document.tokens)] = document.learned
        positions[row, : len(document.tokens)] = document.positions
    learned[:, 0] = 0
    scenes = [scene for document in batch for scene in document.scenes]
    pictures = np.stack([uncertain(random, scene) for scene in scenes]) if scenes else np.zeros((0, PATCHES, NOTIONS), np.float32)
    return Batch(tokens, learned, positions, scenes, pictures)
