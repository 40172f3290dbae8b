"""The parts of each step, made in order: here and now, or ahead of time by other processes."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tokenizers import Tokenizer

from training import corpus, vocabulary
from training.recipe import Recipe

Part = list[corpus.Batch]

AHEAD = 4
"""How many parts are under way for each process that makes them."""


def parts(recipe: Recipe, tokenizer_file: Path, wanted: Iterator[tuple[int, int]], workers: int) -> Iterator[Part]:
    """The wanted parts, each given as its step and its number; with no workers they are made in this process."""
    if not workers:
        _open(recipe, tokenizer_file)
        yield from (_make(*part) for part in wanted)
        return
    waiting: deque[Future[Part]] = deque()
    with ProcessPoolExecutor(workers, get_context("spawn"), _open, (recipe, tokenizer_file)) as pool:
        for part in wanted:
            waiting.append(pool.submit(_make, *part))
            if len(waiting) > AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_opened: tuple[Recipe, Tokenizer]


def _open(recipe: Recipe, tokenizer_file: Path) -> None:
    global _opened
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _opened = recipe, vocabulary.load(tokenizer_file)


def _make(step: int, number: int) -> Part:
    recipe, tokenizer = _opened
    seed = (recipe.seed * 1_000_003 + step) * 64 + number
    return corpus.part(tokenizer, recipe.stage(step), recipe.part_tokens, seed)
