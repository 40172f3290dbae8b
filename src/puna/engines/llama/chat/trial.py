"""Chat templates tried before an engine gets them.

A template is a program: one may loop for ever, take all memory or overflow the stack, and would do so in the process
of the engine. So each is first rendered in a worker with a limit, by the engine's own code: with a model of two
letters, in all the ways that an engine is asked.
"""

import asyncio
import hashlib
import os
import secrets
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from puna.core.errors import EngineFailed, PunaError
from puna.core.template import BARE
from puna.structured.workers import WORKERS, TookTooLong

TRY = "puna.engines.llama.chat.trial:render_probes"
SECONDS = 2.0
"""How much processor time all probes may take; those of published templates take a hundredth of it."""
MOST_MEMORY = 2**30
"""How many bytes the process may have needed."""
MOST_KNOWN = 256
WIDTH = 32
NO_GPU = {"CUDA_VISIBLE_DEVICES": "", "HIP_VISIBLE_DEVICES": "", "GGML_VK_VISIBLE_DEVICES": ""}
UNSOUND = (
    "The model's chat template can't be used: rendering it does not finish, or needs too much memory. "
    "Create a model with a TEMPLATE of its own."
)


BUNDLED = "518a80c3cbe4db2eb32f96a830b688a694b8b7518ae455910d14d5aeb9879d5d"
"""The SHA-256 of the bundled model's template, whose first answer does not wait for a trial."""


class Trials:
    """The verdicts of late: whether a template is sound, by its SHA-256."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._sound: OrderedDict[str, bool] = OrderedDict()

    async def check(self, template: str) -> None:
        """Raises EngineFailed for a template that no engine should get."""
        key = hashlib.sha256(template.encode()).hexdigest()
        if template == BARE or key == BUNDLED:
            return
        if key not in self._sound:
            try:
                await WORKERS.run(TRY, template, seconds=self._seconds)
                self._sound[key] = True
            except TookTooLong:
                self._sound[key] = False
            if len(self._sound) > MOST_KNOWN:
                self._sound.popitem(last=False)
        if not self._sound[key]:
            raise EngineFailed(UNSOUND)


TRIALS = Trials()


def render_probes(template: str) -> None:
    """Ask an engine with that template what any engine is asked when it was loaded. Whether the template can be read
    at all is for the engine to say that gets it. Raises MemoryError, which ends the worker."""
    from puna.engines.llama.chat.traits import read_traits
    from puna.engines.llama.refusal import refusal
    from puna.engines.process.client import EngineClient

    with silence(), tempfile.TemporaryDirectory() as folder, suppress(RuntimeError):
        weights = Path(folder) / "letters.gguf"
        write_letters(weights)
        key = secrets.token_urlsafe(16)
        server = serve(weights, template, key)
        client = EngineClient(server.listening_address, key, refusal, "/slots")
        with suppress(PunaError, ConnectionError):
            asyncio.run(read_traits(client, guided=True))
        del server
    if peak_memory() > MOST_MEMORY:
        raise MemoryError


def serve(weights: Path, template: str, key: str) -> Any:
    """An engine in this process. Raises RuntimeError where it does not take the template."""
    os.environ.update(NO_GPU)
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.chat_template = template
    params.n_ctx = 64
    params.n_parallel = 1
    params.n_gpu_layers = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.cache_ram_mib = 0
    params.warmup = params.ui = False
    return xllamacpp.Server(params)


def write_letters(path: Path) -> None:
    """A model of two letters, which knows nothing."""
    import numpy as np
    from gguf import GGUFWriter, TokenType

    writer = GGUFWriter(str(path), "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(["a", "b", "<s>", "</s>"])
    writer.add_token_types([TokenType.NORMAL] * 2 + [TokenType.CONTROL] * 2)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(3)
    for name in ("token_embd", "output"):
        writer.add_tensor(f"{name}.weight", np.zeros((4, WIDTH), np.float32))
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.zeros(WIDTH, np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((WIDTH, WIDTH), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@contextmanager
def silence() -> Iterator[None]:
    """Let nothing be written to standard error, where the engine's log goes."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def peak_memory() -> int:
    """The most memory that this process has had, in bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
