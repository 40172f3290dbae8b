"""The tokenizers of files: what several architectures have to set right."""

import re
from collections.abc import Sequence

from puna.library.layouts.rewrite import Rewrite

NORMAL, SHOWN, BYTE = 1, 4, 6
"""What a token is, as GGUF files count it."""

_BYTE_TOKEN = re.compile(r"<0x[0-9A-F]{2}>")


def cut_vocabulary(rewrite: Rewrite, matrix: str) -> None:
    """Leave away the tokens for which a matrix has no row."""
    shape = rewrite.shape(matrix)
    tokens = rewrite.get("tokenizer.ggml.tokens", [])
    if shape and len(tokens) > shape[1]:
        for key in ("tokens", "scores", "token_type"):
            values = rewrite.get(f"tokenizer.ggml.{key}")
            if values:
                rewrite.set({f"tokenizer.ggml.{key}": values[: shape[1]]})


def retype(rewrite: Rewrite, pattern: re.Pattern[str], kind: int) -> None:
    """Say what the tokens are that match as a whole."""
    tokens = rewrite.get("tokenizer.ggml.tokens", [])
    kinds = rewrite.get("tokenizer.ggml.token_type", [])
    matched = [pattern.fullmatch(token) for token in tokens]
    new = [kind if match else known for match, known in zip(matched, kinds, strict=False)]
    if new != kinds:
        rewrite.set({"tokenizer.ggml.token_type": new})


def mark_bytes(rewrite: Rewrite) -> None:
    """Say which tokens are bytes: a model that writes one else writes its name."""
    retype(rewrite, _BYTE_TOKEN, BYTE)


def ends(rewrite: Rewrite, ids: Sequence[int]) -> None:
    """Add tokens to those that end an answer."""
    known = rewrite.get("tokenizer.ggml.eos_token_ids", [])
    rewrite.set({"tokenizer.ggml.eos_token_ids": [*dict.fromkeys((*known, *ids))]})


def pretokenize(rewrite: Rewrite, name: str) -> None:
    """Say how text is cut before it becomes tokens, where the file does not, or has only a default."""
    if rewrite.get("tokenizer.ggml.pre") in (None, "", "default"):
        rewrite.set({"tokenizer.ggml.pre": name})
