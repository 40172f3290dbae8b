"""Writing the trained tower as the GGUF file that llama.cpp's multimodal library reads: `python -m training.sight.export`."""

import argparse
from pathlib import Path

import gguf
import torch
from torch import Tensor

from training.sight.tower import TowerShape

KIND = gguf.GGMLQuantizationType.Q8_0
NAMES = {
    "attention_norm": "ln1",
    "query": "attn_q",
    "key": "attn_k",
    "value": "attn_v",
    "output": "attn_out",
    "feed_norm": "ln2",
    "up": "ffn_up",
    "down": "ffn_down",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder of training, whose tower writes what the model reads")
    parser.add_argument("--gguf", type=Path, required=True)
    arguments = parser.parse_args()
    saved = torch.load(arguments.out / "sight.pt", weights_only=True)
    write(saved["weights"], TowerShape(**saved["shape"]), arguments.gguf)
    print(f"{arguments.gguf}: {arguments.gguf.stat().st_size / 1e6:.2f} MB")


def write(weights: dict[str, Tensor], shape: TowerShape, path: Path) -> None:
    """The file of a tower."""
    writer = gguf.GGUFWriter(path, "clip")
    _describe(writer, shape)
    cut = weights["patches.weight"].view(shape.width, 3, shape.patch, shape.patch)
    writer.add_tensor("v.patch_embd.weight", cut.half().numpy())
    writer.add_tensor("v.patch_embd.bias", weights["patches.bias"].numpy())
    writer.add_tensor("v.position_embd.weight", weights["positions"].numpy())
    _add_layer(writer, weights, "norm", "v.post_ln")
    for number in range(shape.layers):
        for name, written in NAMES.items():
            _add_layer(writer, weights, f"layers.{number}.{name}", f"v.blk.{number}.{written}")
    _add_layer(writer, weights, "first", "mm.0")
    _add_layer(writer, weights, "second", "mm.2")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: gguf.GGUFWriter, shape: TowerShape) -> None:
    writer.add_type("mmproj")
    writer.add_name("tiny")
    writer.add_author("The Puna project")
    writer.add_license("mit")
    writer.add_description("What makes tiny see, trained from nothing on drawn pictures.")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "mlp")
    writer.add_bool("clip.use_gelu", True)
    numbers = {
        "image_size": shape.size,
        "patch_size": shape.patch,
        "embedding_length": shape.width,
        "feed_forward_length": shape.inner,
        "block_count": shape.layers,
        "projection_dim": shape.written,
        "attention.head_count": shape.heads,
    }
    for key, value in numbers.items():
        writer.add_uint32(f"clip.vision.{key}", value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", shape.epsilon)
    # By itself llama.cpp leaves the last block out for this layout.
    writer.add_array("clip.vision.feature_layer", [shape.layers])
    writer.add_array("clip.vision.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("clip.vision.image_std", [0.5, 0.5, 0.5])


def _add_layer(writer: gguf.GGUFWriter, weights: dict[str, Tensor], name: str, written: str) -> None:
    weight = weights[f"{name}.weight"].numpy()
    if weight.ndim == 1:
        writer.add_tensor(f"{written}.weight", weight)
    else:
        writer.add_tensor(f"{written}.weight", gguf.quants.quantize(weight, KIND), raw_dtype=KIND)
    writer.add_tensor(f"{written}.bias", weights[f"{name}.bias"].numpy())


if __name__ == "__main__":
    main()
