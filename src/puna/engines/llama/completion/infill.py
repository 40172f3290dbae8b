"""Fill in the middle: the prompt that asks for what comes between a prefix and a suffix.

llama-server has a route for it, but that one cuts a long prefix and suffix without a word.
"""

from dataclasses import dataclass

from puna.core.errors import InvalidRequest
from puna.core.subjects import Setting
from puna.formats.infill import infill_tokens
from puna.formats.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class InfillTokens:
    """The tokens that a model was trained to fill in with, and the one its texts begin with, if any."""

    prefix: int
    suffix: int
    middle: int
    begin: int | None

    @classmethod
    def of(cls, vocabulary: Vocabulary, *, begin: int | None) -> "InfillTokens":
        """The vocabulary's. Raises InvalidRequest where it lacks one of them."""
        found = infill_tokens(vocabulary.special, vocabulary.find)
        if found is None:
            raise InvalidRequest(
                "This model can't fill in the middle: its vocabulary has no tokens for prefix, suffix and middle. "
                "Use a model that was trained for it.",
                about=Setting("suffix"),
            )
        return cls(*found, begin)

    def prompt(self, before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...]:
        """Prefix, suffix, middle: the order that all these models know."""
        begin = () if self.begin is None else (self.begin,)
        return (*begin, self.prefix, *before, self.suffix, *after, self.middle)
