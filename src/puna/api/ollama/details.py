"""What the native API tells of one model."""

from typing import Any

from puna.formats.gguf import Array, Metadata
from puna.library.model import Model


def capabilities(model: Model) -> list[str]:
    """What the model can be asked for, in Ollama's words. Tools work with every model that chats."""
    metadata = model.metadata
    if metadata.pooling not in (None, "none") or not metadata.causal:
        return ["embedding"]
    found = ["completion", "tools"]
    if {"fim_pre", "fim_suf"} <= metadata.special_tokens.keys():
        found.append("insert")
    if model.projectors:
        found.append("vision")
    template = model.template_source or metadata.chat_template or ""
    if any(word in template for word in ("enable_thinking", "<think>", ".Thinking", "reasoning_effort")):
        found.append("thinking")
    return found


def render_metadata(metadata: Metadata, *, verbose: bool) -> dict[str, Any]:
    """The header of a GGUF file. Its arrays, such as the vocabulary, are empty unless they are asked for."""
    shown: dict[str, Any] = {}
    for key, value in sorted(metadata.values.items()):
        if key in ("general.name", "tokenizer.chat_template"):
            continue
        shown[key] = (metadata.array(key) if verbose else []) if isinstance(value, Array) else value
    return shown | {"general.parameter_count": metadata.parameter_count}
