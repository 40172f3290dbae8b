"""What the native API tells of one model."""

from typing import Any

from puna.formats.gguf import Array, Metadata


def render_metadata(metadata: Metadata, *, verbose: bool) -> dict[str, Any]:
    """The header of a GGUF file. Its arrays, such as the vocabulary, are empty unless they are asked for."""
    shown: dict[str, Any] = {}
    for key, value in sorted(metadata.values.items()):
        if key in ("general.name", "tokenizer.chat_template"):
            continue
        shown[key] = (metadata.array(key) if verbose else []) if isinstance(value, Array) else value
    return shown | {"general.parameter_count": metadata.parameter_count}
