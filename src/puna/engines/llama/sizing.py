"""How large a model's context is, and how many sequences share its KV cache."""

from functools import cache
from typing import cast

import psutil

from puna.engines.llama.launch import CacheType, FlashAttention, LlamaLaunch
from puna.library.gguf import Metadata
from puna.library.model import Model
from puna.settings import Settings

SEQUENCES = 8
"""How many requests an engine works on at once where no setting says."""
CONTEXT_FLOOR = 2048
"""The default context is never shrunk below this, in tokens."""
SMALL_MODEL_PARAMETERS = 50_000_000
"""Below this size threads wait for one another longer than they work: on two cores `tiny` generates 1.5 times as
fast with one thread as with two, and on a busy machine, where waiting threads spin, hundreds of times."""
CACHE_BYTES = {
    "f32": 4.0,
    "f16": 2.0,
    "bf16": 2.0,
    "q8_0": 34 / 32,
    "q5_1": 24 / 32,
    "q5_0": 22 / 32,
    "q4_1": 20 / 32,
    "q4_0": 18 / 32,
    "iq4_nl": 18 / 32,
}
"""Bytes of one number in the KV cache: ggml's block size by its block length."""


def plan(model: Model, settings: Settings) -> LlamaLaunch:
    """How this model is launched. The same model and settings always give an equal launch."""
    sequences = settings.parallel or SEQUENCES
    affordable = affordable_tokens(model.metadata, settings.cache_type)
    context = context_length(model, settings, affordable)
    parameters = model.parameters
    return LlamaLaunch(
        weights=model.weights,
        context_length=context,
        sequences=sequences,
        cache_tokens=max(context, min(context * sequences, affordable)),
        threads=parameters.num_thread or settings.threads or small_model_threads(model.metadata),
        gpu_layers=parameters.num_gpu,
        flash_attention=cast("FlashAttention", settings.flash_attention),
        cache_type=cast("CacheType", settings.cache_type),
        chat_template=model.template,
        program=settings.llama_server,
    )


def small_model_threads(metadata: Metadata) -> int | None:
    """One thread for a model that one core runs fast; None leaves the choice to llama.cpp."""
    return 1 if metadata.parameter_count < SMALL_MODEL_PARAMETERS else None


def context_length(model: Model, settings: Settings, affordable: int) -> int:
    """The tokens one sequence may have: what the Modelfile or a setting asks for, else what the model was
    trained for as far as memory allows. Never more than it was trained for: llama.cpp caps it there."""
    trained = model.metadata.context_length or CONTEXT_FLOOR
    asked = model.parameters.num_ctx or settings.context_length
    return min(trained, asked or max(CONTEXT_FLOOR, affordable))


def affordable_tokens(metadata: Metadata, cache_type: str) -> int:
    """How many tokens of KV cache fit into half of this machine's memory."""
    return int(machine_memory() / 2 / max(1.0, token_bytes(metadata, cache_type)))


def token_bytes(metadata: Metadata, cache_type: str) -> float:
    """The KV cache's bytes for one token: a key and a value for each head of each layer."""
    heads = metadata.head_count_kv or metadata.head_count or 0
    width = (metadata.key_length or 0) + (metadata.value_length or 0)
    return (metadata.block_count or 0) * heads * width * CACHE_BYTES[cache_type]


@cache
def machine_memory() -> int:
    """This machine's memory in bytes."""
    return int(psutil.virtual_memory().total)
