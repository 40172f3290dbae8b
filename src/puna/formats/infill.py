"""The tokens with which a model fills in the middle of a text."""

from collections.abc import Callable, Mapping

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


def infill_tokens(special: Mapping[str, int], find: Callable[..., int | None]) -> tuple[int, int, int] | None:
    """The ids of the tokens for prefix, suffix and middle; None where the vocabulary lacks one of them.

    `special` are the ids that the GGUF names, `find` gives the first token that is written like one of its arguments.
    """

    def token(names: tuple[str, ...], texts: tuple[str, ...]) -> int | None:
        named = next((special[name] for name in names if name in special), None)
        return find(*texts) if named is None else named

    prefix = token(("fim_pre", "prefix"), PREFIX)
    suffix = token(("fim_suf", "suffix"), SUFFIX)
    middle = token(("fim_mid", "middle"), MIDDLE)
    if prefix is None or suffix is None or middle is None:
        return None
    return prefix, suffix, middle
