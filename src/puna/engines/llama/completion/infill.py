"""Fill in the middle: the prompt that asks for what comes between a prefix and a suffix.

llama-server has a route for it, but that one cuts a long prefix and suffix without a word.
"""

from dataclasses import dataclass

from puna.core.errors import InvalidRequest
from puna.core.subjects import Setting
from puna.formats.vocabulary import Vocabulary

PREFIX = (
    "<|fim_prefix|>",
    "<fim-prefix>",
    "<fim_prefix>",
    "<\N{FULLWIDTH VERTICAL LINE}fim▁begin\N{FULLWIDTH VERTICAL LINE}>",
    "<PRE>",
    "▁<PRE>",
    "<|code_prefix|>",
    "<|prefix|>",
)
SUFFIX = (
    "<|fim_suffix|>",
    "<fim-suffix>",
    "<fim_suffix>",
    "<\N{FULLWIDTH VERTICAL LINE}fim▁hole\N{FULLWIDTH VERTICAL LINE}>",
    "<SUF>",
    "▁<SUF>",
    "<|code_suffix|>",
    "<|suffix|>",
)
MIDDLE = (
    "<|fim_middle|>",
    "<fim-middle>",
    "<fim_middle>",
    "<\N{FULLWIDTH VERTICAL LINE}fim▁end\N{FULLWIDTH VERTICAL LINE}>",
    "<MID>",
    "▁<MID>",
    "<|code_middle|>",
    "<|middle|>",
)
"""How the tokens are written where the GGUF does not name them: Qwen and others, StarCoder, Granite, DeepSeek,
CodeLlama, GLM, Falcon (llama.cpp knows the same, in src/llama-vocab.cpp)."""


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
        found = (
            find(vocabulary, ("fim_pre", "prefix"), PREFIX),
            find(vocabulary, ("fim_suf", "suffix"), SUFFIX),
            find(vocabulary, ("fim_mid", "middle"), MIDDLE),
        )
        prefix, suffix, middle = found
        if prefix is None or suffix is None or middle is None:
            raise InvalidRequest(
                "This model can't fill in the middle: its vocabulary has no tokens for prefix, suffix and middle. "
                "Use a model that was trained for it.",
                about=Setting("suffix"),
            )
        return cls(prefix, suffix, middle, begin)

    def prompt(self, before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...]:
        """Prefix, suffix, middle: the order that all these models know."""
        begin = () if self.begin is None else (self.begin,)
        return (*begin, self.prefix, *before, self.suffix, *after, self.middle)


def find(vocabulary: Vocabulary, names: tuple[str, ...], texts: tuple[str, ...]) -> int | None:
    """A special token by the GGUF's names for it, else by how it is written."""
    for name in names:
        if name in vocabulary.special:
            return vocabulary.special[name]
    return vocabulary.find(*texts)
