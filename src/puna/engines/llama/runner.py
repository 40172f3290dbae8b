"""The engine's own process: `python -m puna.engines.llama.runner` serves one model with llama.cpp's own server."""

import os
import sys
from typing import Any

try:
    import xllamacpp
except ImportError as error:  # in most cases a library of the system is missing
    hint = ". On Debian and Ubuntu: apt-get install libgomp1" if "libgomp" in str(error) else ""
    sys.exit(f"The packaged engine can't be used here: {error}{hint}")

from puna.engines.llama.arguments import LlamaArguments
from puna.engines.llama.drafts import Drafts
from puna.engines.llama.untouched import give_back_zeros
from puna.engines.process.child import Parent

FLASH_ATTENTION = {
    "auto": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_AUTO,
    "on": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    "off": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}
POOLING = {
    "model": xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_UNSPECIFIED,
    "none": xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_NONE,
    "mean": xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN,
}


def parameters(launch: LlamaArguments, key: str) -> Any:
    """The launch in xllamacpp's terms."""
    params = xllamacpp.CommonParams()
    params.model.path = str(launch.weights)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.n_ctx = launch.cache_tokens
    params.n_parallel = launch.sequences
    params.kv_unified = launch.unified_cache
    if launch.unified_cache:
        params.kv_unified_per_slot = launch.context_length
    params.flash_attn_type = FLASH_ATTENTION[launch.flash_attention]
    params.cache_type_k = params.cache_type_v = cache_type(launch.cache_type)
    params.cache_ram_mib = launch.prompt_cache // 2**20
    params.n_ctx_checkpoints = launch.checkpoints
    if launch.threads is not None:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = launch.threads
    if launch.main_gpu is not None:
        params.split_mode = xllamacpp.llama_split_mode.LLAMA_SPLIT_MODE_NONE
        params.main_gpu = launch.main_gpu
    if launch.gpu_layers is not None:
        params.n_gpu_layers = launch.gpu_layers
    if launch.chat_template is not None:
        params.chat_template = launch.chat_template
    if launch.projector is not None:
        params.mmproj.path = str(launch.projector)
        params.mmproj_use_gpu = launch.gpu_layers != 0
    params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(path), 1.0) for path in launch.adapters]
    if launch.batch_tokens is not None:
        params.n_batch = params.n_ubatch = launch.batch_tokens
    if launch.prompt_files is not None:
        params.slot_save_path = f"{launch.prompt_files}{os.sep}"
    if launch.drafts:
        set_drafts(params.speculative, launch.drafts)
    if launch.pooling is not None:
        params.embedding = True
        params.pooling_type = POOLING[launch.pooling]
    params.ui = False
    return params


def set_drafts(params: Any, drafts: Drafts) -> None:
    """What is drafted, in xllamacpp's terms."""
    kinds = xllamacpp.common_speculative_type
    names = [drafter.upper().replace("-", "_") for drafter in drafts.drafters]
    params.types = [kinds[f"COMMON_SPECULATIVE_TYPE_{name}"] for name in names]
    if drafts.ngram:
        params.ngram_simple.size_n, params.ngram_simple.size_m = drafts.ngram, drafts.length
    if drafts.drafter:
        params.draft.n_max = drafts.tokens
    if drafts.model:
        params.draft.mparams.path = str(drafts.model)


def cache_type(name: str) -> Any:
    """ggml's type of that name."""
    return xllamacpp.ggml_type[f"GGML_TYPE_{name.upper()}"]


def main() -> None:
    parent = Parent()
    order, key = parent.order()
    try:
        server = xllamacpp.Server(parameters(LlamaArguments.from_json(order), key))
    except RuntimeError as error:
        sys.exit(str(error))
    give_back_zeros()
    parent.announce(server.listening_address)
    parent.wait()
    # The server's own threads are in the middle of requests nobody waits for any more.
    os._exit(0)


if __name__ == "__main__":
    main()
