"""Qwen 3.5 and Qwen 3-Next: recurrent layers between those that attend, a tower, and layers that guess ahead."""

import re

from puna.formats.gguf import Metadata
from puna.library.layouts.computed import join, promote, shift
from puna.library.layouts.layout import Layout, has_keys, has_tensors
from puna.library.layouts.qwen3vl import tower
from puna.library.layouts.qwen25vl import four_sections
from puna.library.layouts.rewrite import Rewrite
from puna.library.layouts.vision import vision_keys

_MARKS = (
    "{arch}.vision.block_count",
    "{arch}.image_token_id",
    "{arch}.ssm.v_head_reordered",
    "{arch}.rope.mrope_interleaved",
)
_GUESSES = {
    "mtp.fc": "nextn.eh_proj",
    "mtp.pre_fc_norm_embedding": "nextn.enorm",
    "mtp.pre_fc_norm_hidden": "nextn.hnorm",
    "mtp.embed_tokens": "nextn.embed_tokens",
    "mtp.shared_head.head": "nextn.shared_head_head",
    "mtp.shared_head.norm": "nextn.shared_head_norm",
    "mtp.norm": "nextn.shared_head_norm",
}
_EXPERTS = {"gate_proj": "ffn_gate_exps", "up_proj": "ffn_up_exps", "down_proj": "ffn_down_exps"}
_NORM = re.compile(r"_norm\.weight$|\.nextn\.[eh]norm\.weight$")


def recognises(header: Metadata) -> bool:
    """llama.cpp's converter has none of the marks, and no such names."""
    dense = header.architecture == "qwen35moe" and has_keys(header, "{arch}.feed_forward_length")
    steps = any(tensor.name.endswith(".ssm_dt") for tensor in header.tensors)
    return dense or steps or has_keys(header, *_MARKS) or has_tensors(header, "mtp.", "v.", "mm.")


def text(rewrite: Rewrite) -> None:
    """One number of heads for the layers that attend, names of the recurrent ones, and what guesses ahead."""
    architecture = rewrite.source.architecture
    recurrent(rewrite)
    four_sections(rewrite, f"{architecture}.rope.dimension_sections", f"{architecture}.rope.dimension_sections")
    _guess_ahead(rewrite, architecture)
    rewrite.without("mtp.")


def recurrent(rewrite: Rewrite) -> None:
    """Layers without attention have no heads: what counts is how many the others have."""
    key = f"{rewrite.source.architecture}.attention.head_count_kv"
    heads = rewrite.get(key)
    if isinstance(heads, list):
        rewrite.set({key: max(map(int, heads))})
    rewrite.rename({"ssm_dt": "ssm_dt.bias"} if rewrite.any(r"\.ssm_dt$") else {})
    promote(rewrite, *(name for name in [*rewrite.pieces] if name.endswith(".ffn_gate_inp_shexp.weight")))


def _guess_ahead(rewrite: Rewrite, architecture: str) -> None:
    """What guesses the token after the next is a layer behind the others in llama.cpp, its norms stored whole."""
    numbers = {int(found[1]) for name in rewrite.pieces if (found := re.match(r"mtp\.layers\.(\d+)\.", name))}
    layers = len(numbers) or int(rewrite.any(r"^mtp\."))
    if layers != 1 or rewrite.any(r"\.nextn\."):
        return
    first = 1 + max(int(found[1]) for name in rewrite.pieces if (found := re.match(r"blk\.(\d+)\.", name)))
    rewrite.set({f"{architecture}.nextn_predict_layers": layers, f"{architecture}.block_count": first + layers})
    for old, new in _EXPERTS.items():
        parts = [
            name
            for name in rewrite.pieces
            if re.fullmatch(rf"mtp\.layers\.0\.mlp\.experts\.\d+\.{old}\.weight", name)
        ]
        if parts:
            parts.sort(key=lambda name: int(name.split(".")[5]))
            *row, rows = rewrite.pieces[parts[0]].shape
            join(rewrite, f"blk.{first}.{new}.weight", *parts)
            rewrite.reshape(f"blk.{first}.{new}.weight", *row, rows, len(parts))
    before = {*rewrite.pieces}
    rewrite.rename_beginning("mtp.layers.0.", f"blk.{first}.")
    for old, new in _GUESSES.items():
        rewrite.rename_beginning(f"{old}.", f"blk.{first}.{new}.")
    moved = [name for name in rewrite.pieces if name not in before]
    shift(rewrite, *(name for name in moved if _NORM.search(name) and not name.endswith(".ssm_norm.weight")))


def projector(rewrite: Rewrite) -> None:
    """Qwen 3-VL's tower, of which no part goes to deeper layers."""
    architecture = rewrite.source.architecture
    vision_keys(rewrite, architecture)
    rewrite.default({"clip.vision.is_deepstack_layers": [False] * rewrite.get("clip.vision.block_count", 0)})
    tower(rewrite)


def recognises_next(header: Metadata) -> bool:
    """llama.cpp's converter calls a recurrent layer's steps by the name of a bias."""
    return any(tensor.name.endswith(".ssm_dt") for tensor in header.tensors)


QWEN35 = Layout(
    "the vision tower and multi-token prediction layers in the model's file, different names",
    text,
    recognises,
    projector,
)
QWEN3NEXT = Layout(
    "heads counted for each layer, different names of the recurrent layers' tensors", recurrent, recognises_next
)
