"""Llama 3, in files from its first days: without the tokenizer's kind, and with the wrong end of an answer."""

from puna.formats.gguf import Metadata
from puna.library.layouts.layout import Layout
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.tokens import pretokenize

_END_OF_TEXT, _START_OF_HEADER, _END_OF_TURN = 128001, 128006, 128009
_MARKS = {_START_OF_HEADER: "<|start_header_id|>", _END_OF_TURN: "<|eot_id|>"}


def recognises(header: Metadata) -> bool:
    """Llama 3's tokens, and a gap in what is said of them."""
    size = header.vocabulary_size or 0
    pre = header.values.get("tokenizer.ggml.pre")
    end = header.values.get("tokenizer.ggml.eos_token_id")
    if size <= _END_OF_TURN or (pre not in (None, "", "default") and end != _END_OF_TEXT):
        return False
    tokens = header.array("tokenizer.ggml.tokens")
    template = header.chat_template or ""
    chats = tokens[_START_OF_HEADER] == _MARKS[_START_OF_HEADER] or any(mark in template for mark in _MARKS.values())
    return chats and tokens[_END_OF_TURN] == _MARKS[_END_OF_TURN]


def text(rewrite: Rewrite) -> None:
    """The tokenizer's kind, and the end of a turn as the end of an answer."""
    pretokenize(rewrite, "llama-bpe")
    for role in ("eos", "eot"):
        key = f"tokenizer.ggml.{role}_token_id"
        if rewrite.get(key) in (None, _END_OF_TEXT):
            rewrite.set({key: _END_OF_TURN})
    rewrite.set({"tokenizer.ggml.eos_token_ids": [_END_OF_TURN]})


LLAMA3 = Layout("the tokenizer's type missing, or an end token that chats never reach", text, recognises)
