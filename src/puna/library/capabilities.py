"""What a GGUF can be asked for, read from its header, its template and its projectors."""

from collections.abc import Iterator, Sequence

from puna.core.capabilities import Capability
from puna.formats.gguf import Metadata
from puna.formats.infill import infill_tokens
from puna.formats.vocabulary import Vocabulary

THINKING = ("enable_thinking", "<think>", ".Thinking", "reasoning_effort", "reasoning_content", "[THINK]")
"""What is written in templates of models that think, and in no others."""


def gguf_capabilities(metadata: Metadata, template: str, projectors: Sequence[Metadata] = ()) -> Iterator[Capability]:
    """The capabilities of a model of those weights with that chat template, or none. Raises DamagedModel."""
    if metadata.pooling == "rank":
        yield "rerank"
        return
    if metadata.pooling not in (None, "none") or not metadata.causal:
        yield "embedding"
        return
    yield "completion"
    if template:  # where it has no words for tools, Puna has
        yield "tools"
    if infill_tokens(metadata.special_tokens, lambda *texts: Vocabulary.of(metadata).find(*texts)):
        yield "insert"
    if any(projector.values.get("clip.has_vision_encoder", True) for projector in projectors):
        yield "vision"
    if any(projector.values.get("clip.has_audio_encoder") for projector in projectors):
        yield "audio"
    if any(word in template for word in THINKING):
        yield "thinking"
