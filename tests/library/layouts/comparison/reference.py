"""llama.cpp's converter, told what the toys' tokenizer is: `python reference.py SOURCES KIND [OPTION…]`."""

# mypy: ignore-errors
# It runs where torch is, which the project does not need.

import runpy
import sys
from pathlib import Path

sources, kind = Path(sys.argv.pop(1)), sys.argv.pop(1)
sys.path[:0] = [str(sources), str(sources / "gguf-py")]
sys.argv[0] = str(sources / "convert_hf_to_gguf.py")

import gguf  # noqa: E402
from conversion.base import TextModel  # noqa: E402
from conversion.llava import LlavaVisionModel  # noqa: E402
from conversion.nemotron import NemotronNanoV2VLModel  # noqa: E402
from conversion.qwen import _QwenMtpMixin  # noqa: E402

NemotronNanoV2VLModel._vit_hidden_size, NemotronNanoV2VLModel._vit_intermediate_size = 64, 256
_QwenMtpMixin.no_mtp = True  # the toys have no layers that guess ahead

everything = LlavaVisionModel.filter_tensors.__func__


def with_embedding(cls, item):
    """The row of [IMG_BREAK] is in the embedding, which is left out before the converter looks for it."""
    return item if item[0].endswith("embed_tokens.weight") else everything(cls, item)


LlavaVisionModel.filter_tensors = classmethod(with_embedding)

if kind == "llama4":  # a later row of the same table takes this norm for one of Gemma 4's
    norm = gguf.MODEL_TENSOR.V_ENC_ATTN_POST_NORM
    names = gguf.TensorNameMap.block_mappings_cfg
    names[norm] = tuple(name for name in names[norm] if not name.startswith("vision_model.model.layers."))

TextModel.get_vocab_base_pre = lambda self, tokenizer: kind
runpy.run_path(sys.argv[0], run_name="__main__")
