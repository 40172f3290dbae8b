"""From a folder of safetensors, as Hugging Face keeps models, to GGUF."""

from pathlib import Path

from puna.core.errors import InvalidRequest


def convert(folder: Path, target: Path) -> None:
    """Write the model in `folder` to the GGUF file `target`. Raises InvalidRequest for what it can't."""
    raise InvalidRequest(f"{folder}: safetensors can't be converted yet")
