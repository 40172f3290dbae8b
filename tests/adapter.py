"""A LoRA adapter of random weights, which changes what a model says and teaches it nothing."""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter

from tests.library.ggufs import finish

RANK = 4


def write_adapter(path: Path, *, width: int, layers: int, seed: int = 0) -> Path:
    """An adapter of the queries of a llama model of that shape."""
    generator = np.random.default_rng(seed)
    writer = GGUFWriter(path, "llama")
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", RANK)
    for layer in range(layers):
        for part in ("lora_a", "lora_b"):
            shape = (RANK, width) if part == "lora_a" else (width, RANK)
            weights = generator.standard_normal(shape, np.float32)
            writer.add_tensor(f"blk.{layer}.attn_q.weight.{part}", weights)
    finish(writer)
    return path
