"""A tokenizer.json, as the tokenizers library writes it, in GGUF."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gguf
from gguf import TokenType

from puna.core.errors import InvalidRequest
from puna.formats.checkpoint import Checkpoint

# What splits a text before tokens are made of it, and llama.cpp's name for that (llama-vocab.cpp).
_LETTERS = r"[^\r\n\p{L}\p{N}]?"
_SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_ENDINGS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|"
PATTERNS: dict[str, str] = {
    "": "gpt-2",
    rf"{_ENDINGS}{_LETTERS}\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_SPACES}": "llama-bpe",
    rf"{_ENDINGS}{_LETTERS}\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_SPACES}": "qwen2",
    rf"{_LETTERS}{_UPPER}*{_LOWER}+|{_LETTERS}{_UPPER}+{_LOWER}*|\p{{N}}"
    rf"| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{_SPACES}": "tekken",
}


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    kind: TokenType


def write_tokenizer(checkpoint: Checkpoint, writer: Any) -> None:
    """Write the tokens, their merges or scores, and the special ones. Raises InvalidRequest for others."""
    document = checkpoint.document("tokenizer.json")
    model = document.get("model", {})
    if model.get("type") != "BPE":
        raise InvalidRequest(f"a tokenizer of the kind '{model.get('type')}' can't be converted, only BPE")
    byte_level = _is_byte_level(document)
    tokens = _tokens(document, int(checkpoint.setting("vocab_size")))
    if byte_level:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(_splitting(document))
    else:
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        # SentencePiece merges what scores best first, and numbers its pieces in that order.
        writer.add_token_scores([-float(number) for number in range(len(tokens))])
        writer.add_add_space_prefix(_has_prefix(document))
    writer.add_token_list([token.text for token in tokens])
    writer.add_token_types([token.kind for token in tokens])
    special = gguf.SpecialVocab(checkpoint.folder, load_merges=byte_level, n_vocab=len(tokens))
    special.add_to_gguf(writer, quiet=True)


def _tokens(document: dict[str, Any], size: int) -> list[_Token]:
    """All tokens by number; where the model has more rows than the tokenizer tokens, the rest is unused."""
    model = document["model"]
    found = {number: _Token(text, _kind(text, model)) for text, number in model["vocab"].items()}
    for added in document.get("added_tokens", ()):
        kind = TokenType.CONTROL if added.get("special") else TokenType.USER_DEFINED
        unknown = added["content"] == model.get("unk_token")
        found[added["id"]] = _Token(added["content"], TokenType.UNKNOWN if unknown else kind)
    if found and max(found) >= size:
        raise InvalidRequest(f"the tokenizer has {max(found) + 1} tokens, but the model only {size}")
    unused = (_Token(f"[PAD{number}]", TokenType.UNUSED) for number in range(size))
    return [found.get(number, filler) for number, filler in enumerate(unused)]


def _kind(text: str, model: dict[str, Any]) -> TokenType:
    if text == model.get("unk_token"):
        return TokenType.UNKNOWN
    is_byte = model.get("byte_fallback") and len(text) == 6 and text.startswith("<0x") and text.endswith(">")
    return TokenType.BYTE if is_byte else TokenType.NORMAL


def _is_byte_level(document: dict[str, Any]) -> bool:
    """Whether tokens are made of bytes, as with GPT-2, and not of letters, as with SentencePiece."""
    kinds = {step.get("type") for part in ("pre_tokenizer", "decoder") for step in _steps(document.get(part))}
    if "ByteLevel" in kinds:
        return True
    if document["model"].get("byte_fallback"):
        return False
    raise InvalidRequest("a BPE tokenizer without bytes can't be converted")


def _splitting(document: dict[str, Any]) -> str:
    steps = _steps(document.get("pre_tokenizer"))
    pattern = "".join(step["pattern"].get("Regex", "") for step in steps if step.get("type") == "Split")
    if pattern not in PATTERNS:
        raise InvalidRequest(f"a tokenizer that splits texts by {pattern!r} can't be converted")
    return PATTERNS[pattern]


def _has_prefix(document: dict[str, Any]) -> bool:
    """Whether a blank is put before a text."""
    normalizers = [*_steps(document.get("normalizer")), *_steps(document.get("pre_tokenizer"))]
    return any(
        step.get("type") == "Prepend" or step.get("prepend_scheme") in ("always", "first") for step in normalizers
    )


def _steps(part: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """A step of the tokenizer, or those that it is a sequence of."""
    if not part:
        return
    inner = next((part[key] for key in ("pretokenizers", "normalizers", "decoders") if key in part), None)
    if inner is None:
        yield part
        return
    for step in inner:
        yield from _steps(step)
