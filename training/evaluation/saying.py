"""Cases of saying a few plain words that no document of training has."""

from collections.abc import Iterator
from random import Random

from training.evaluation.cases import Case, chat, exactly, user
from training.evaluation.spoken import SPOKEN


def cases(random: Random, count: int) -> Iterator[Case]:
    """Phrases of two to four words; two and a half times as many as other rows have cases."""
    for _ in range(5 * count // 2):
        phrase = " ".join(random.sample(SPOKEN, random.randint(2, 4)))
        yield chat("Say and plain words", [user(f"Say {phrase}")], exactly(phrase.capitalize() + "."))
