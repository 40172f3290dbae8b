"""What a model can be asked for, read from its files. Nobody else answers this question."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast, get_args

from puna.core.capabilities import Capability
from puna.formats.gguf import Metadata
from puna.formats.infill import infill_tokens
from puna.formats.vocabulary import Vocabulary

if TYPE_CHECKING:
    from puna.library.model import Model

THINKING = ("enable_thinking", "<think>", ".Thinking", "reasoning_effort", "reasoning_content", "[THINK]")
"""What is written in templates of models that think, and in no others."""
KNOWN = frozenset(get_args(Capability))


def capabilities_of(model: "Model") -> tuple[Capability, ...]:
    """A GGUF's capabilities as its header and template have them; any other model's as its config says.

    Tools work with every model that has a chat template. Raises DamagedModel.
    """
    if model.kind != "gguf":
        return tuple(cast("Capability", word) for word in model.config.capabilities if word in KNOWN)
    return tuple(of_gguf(model))


def of_gguf(model: "Model") -> Iterator[Capability]:
    metadata = model.metadata
    if metadata.pooling == "rank":
        yield "rerank"
        return
    if metadata.pooling not in (None, "none") or not metadata.causal:
        yield "embedding"
        return
    yield "completion"
    template = model.template_source or metadata.chat_template or ""
    yield "tools"
    if infill_tokens(metadata.special_tokens, lambda *texts: Vocabulary.of(metadata).find(*texts)):
        yield "insert"
    projectors = [Metadata.read(path) for path in model.projectors]
    if any(projector.values.get("clip.has_vision_encoder", True) for projector in projectors):
        yield "vision"
    if any(projector.values.get("clip.has_audio_encoder") for projector in projectors):
        yield "audio"
    if any(word in template for word in THINKING):
        yield "thinking"
