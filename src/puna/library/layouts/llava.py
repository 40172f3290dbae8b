"""Projectors of LLaVA and BakLLaVA from the days when there was no other kind."""

from puna.formats.gguf import Metadata
from puna.library.layouts.layout import Layout
from puna.library.layouts.rewrite import Rewrite


def recognises(header: Metadata) -> bool:
    """A projector for pictures that does not say which."""
    values = header.values
    kinds = ("clip.projector_type", "clip.vision.projector_type")
    return bool(values.get("clip.has_vision_encoder")) and not any(kind in values for kind in kinds)


def text(rewrite: Rewrite) -> None:
    """The one kind that there was."""
    rewrite.set({"clip.projector_type": "mlp"})


LLAVA = Layout("a projector that does not name its type", text, recognises, hidden=())
