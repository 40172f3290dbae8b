"""A vision projector of random weights: it sees, though it understands nothing.

LLaVA's shape, the smallest there is: a picture is scaled to 32 by 32 pixels and becomes 16 tokens, one for each patch
of 8 by 8.
"""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter

from tests.library.ggufs import finish

IMAGE, PATCH, WIDTH, INNER, LAYERS = 32, 8, 32, 48, 2
IMAGE_TOKENS = (IMAGE // PATCH) ** 2


def write_projector(path: Path, *, embedding: int, seed: int = 0) -> Path:
    """The file; `embedding` is the width of the language model."""
    generator = np.random.default_rng(seed)
    writer = GGUFWriter(path, "clip")
    writer.add_string("general.type", "mmproj")
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "mlp")
    writer.add_bool("clip.use_gelu", True)
    numbers = {
        "image_size": IMAGE,
        "patch_size": PATCH,
        "embedding_length": WIDTH,
        "feed_forward_length": INNER,
        "block_count": LAYERS,
        "projection_dim": embedding,
        "attention.head_count": 2,
    }
    for key, value in numbers.items():
        writer.add_uint32(f"clip.vision.{key}", value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    writer.add_array("clip.vision.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("clip.vision.image_std", [0.5, 0.5, 0.5])

    def matrix(name: str, *shape: int) -> None:
        weights = generator.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
        writer.add_tensor(f"{name}.weight", weights.astype(np.float32))

    def vector(name: str, kind: str, width: int, value: float) -> None:
        writer.add_tensor(f"{name}.{kind}", np.full(width, value, np.float32))

    matrix("v.patch_embd", WIDTH, 3, PATCH, PATCH)
    matrix("v.position_embd", IMAGE_TOKENS, WIDTH)
    for layer in range(LAYERS):
        block = f"v.blk.{layer}"
        for part in ("attn_q", "attn_k", "attn_v", "attn_out"):
            matrix(f"{block}.{part}", WIDTH, WIDTH)
        for part in ("ln1", "ln2"):
            vector(f"{block}.{part}", "weight", WIDTH, 1)
            vector(f"{block}.{part}", "bias", WIDTH, 0)
        matrix(f"{block}.ffn_up", INNER, WIDTH)
        matrix(f"{block}.ffn_down", WIDTH, INNER)
    matrix("mm.0", embedding, WIDTH)
    vector("mm.0", "bias", embedding, 0)
    matrix("mm.2", embedding, embedding)
    vector("mm.2", "bias", embedding, 0)
    finish(writer)
    return path
