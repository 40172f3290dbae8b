"""Which layout a file has. A layout is one module, and one line here."""

from dataclasses import dataclass

from puna.formats.gguf import Metadata
from puna.library.errors import UnknownLayout
from puna.library.layouts.arctic import ARCTIC_EMBED2
from puna.library.layouts.deepseekocr import DEEPSEEKOCR
from puna.library.layouts.embeddinggemma import EMBEDDINGGEMMA
from puna.library.layouts.gemma3 import GEMMA3
from puna.library.layouts.gemma3n import GEMMA3N
from puna.library.layouts.gemma4 import GEMMA4
from puna.library.layouts.glm import GLM4MOELITE, GLMOCR
from puna.library.layouts.gptoss import GPTOSS
from puna.library.layouts.laguna import LAGUNA
from puna.library.layouts.layout import Layout, has_tensors
from puna.library.layouts.lfm2 import LFM2
from puna.library.layouts.llama3 import LLAMA3
from puna.library.layouts.llama4 import LLAMA4
from puna.library.layouts.llava import LLAVA
from puna.library.layouts.mistral3 import MISTRAL3
from puna.library.layouts.nemotron import NEMOTRON_H_MOE, NEMOTRON_H_OMNI
from puna.library.layouts.olmo3 import OLMO3
from puna.library.layouts.qwen3vl import QWEN3VL
from puna.library.layouts.qwen25vl import QWEN25VL
from puna.library.layouts.qwen35 import QWEN3NEXT, QWEN35
from puna.library.layouts.rewrite import Rewrite

LAYOUTS: dict[str, tuple[Layout, ...]] = {
    "bert": (ARCTIC_EMBED2,),
    "clip": (LLAVA,),
    "deepseekocr": (DEEPSEEKOCR,),
    "gemma3": (EMBEDDINGGEMMA, GEMMA3),
    "gemma3n": (GEMMA3N,),
    "gemma4": (GEMMA4,),
    "glm4moelite": (GLM4MOELITE,),
    "glmocr": (GLMOCR,),
    "gptoss": (GPTOSS,),
    "laguna": (LAGUNA,),
    "lfm2": (LFM2,),
    "lfm2moe": (LFM2,),
    "llama": (LLAMA3,),
    "llama4": (LLAMA4,),
    "mistral3": (MISTRAL3,),
    "nemotron_h_moe": (NEMOTRON_H_MOE,),
    "nemotron_h_omni": (NEMOTRON_H_OMNI,),
    "olmo3": (OLMO3,),
    "qwen25vl": (QWEN25VL,),
    "qwen35": (QWEN35,),
    "qwen35moe": (QWEN35,),
    "qwen3next": (QWEN3NEXT,),
    "qwen3vl": (QWEN3VL,),
    "qwen3vlmoe": (QWEN3VL,),
}
"""The layouts of each architecture, as the files call it. The first that recognises a file is its layout."""

UNKNOWN = ("mllama", "qwen3omni", "snac")
"""Architectures that only Ollama's own reader has a name for, and no layout here."""


@dataclass(frozen=True, slots=True)
class Translation:
    """What an engine reads in place of a file: the language model, and the projector where there is one."""

    why: str
    weights: Rewrite
    projector: Rewrite | None = None


def translation(header: Metadata) -> Translation | None:
    """What a file needs for llama.cpp to read it; None for one that needs nothing, or that nobody knows."""
    for layout in LAYOUTS.get(header.architecture, ()):
        if layout.recognises(header):
            return _translated(header, layout)
    return None


def require_known(header: Metadata) -> None:
    """Raises UnknownLayout for a file without a translation that llama.cpp would not read either."""
    if header.architecture in UNKNOWN or (header.architecture != "clip" and has_tensors(header, "v.blk.", "mm.")):
        raise UnknownLayout(header.architecture)


def _forget_towers(weights: Rewrite, layout: Layout) -> None:
    """A language model's header says nothing of towers that are not in its file."""
    if layout.hidden:
        architecture = weights.get("general.architecture")
        weights.drop(*(f"{architecture}.{part}." for part in ("vision", "audio", "sam", "mm")))


def _translated(header: Metadata, layout: Layout) -> Translation:
    weights = Rewrite.text(header, without=layout.hidden)
    layout.text(weights)
    _forget_towers(weights, layout)
    projector = Rewrite.projector(header, layout.embedded) if layout.projector else None
    if projector is None or layout.projector is None or not projector.pieces:
        return Translation(layout.why, weights)
    layout.projector(projector)
    return Translation(layout.why, weights, projector)
