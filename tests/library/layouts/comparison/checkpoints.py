"""Models of toy size with random weights, as Hugging Face has them: `python checkpoints.py NAME FOLDER`.

Runs in an environment with torch and transformers. Each row is what `config.json` of the real architecture has,
with a few layers and little width.
"""

# mypy: ignore-errors
# It runs where torch is, which the project does not need.

import json
import sys
from pathlib import Path
from typing import Any

import transformers
from gemmas import GEMMAS
from others import OTHERS
from shapes import CHECKPOINTS
from towers import TOWERS
from vocabularies import tokenizer, with_bytes
from weights import block, saved, turn

NEWER = ("Glm", "Qwen3_5")
"""Models that were published with `rope_parameters`."""
COLOURED = ("Mistral3", "Qwen2_5", "Glm")
"""Models that see colours as OpenAI's CLIP does."""
FLAT = ("Qwen2_5",)
"""Models whose `config.json` has what concerns text at its top."""
HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
CLIP = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}


def configured(values: dict[str, Any], ids: dict[str, int], size: int) -> dict[str, Any]:
    """The values with the tokenizer's numbers in them; a negative number counts from the tokenizer's end."""
    found = dict(values)
    text = found["text_config"] = dict(found["text_config"]) if "text_config" in found else found
    if text is found:
        del found["text_config"]
    text |= {
        "vocab_size": size,
        "bos_token_id": ids["<s>"],
        "eos_token_id": ids["</s>"],
        "pad_token_id": ids["<pad>"],
    }
    if "vision_config" in found:
        found |= {"image_token_id": ids["<|image|>"], "vision_start_token_id": ids["<|vision_start|>"]}
        found |= {"vision_end_token_id": ids["<|vision_end|>"], "video_token_id": ids["<pad>"]}
    if "image_token_index" in found:
        found = {key: value for key, value in found.items() if key != "image_token_id"}
        found["image_token_index"] = ids["[IMG]"]
    return found


def write(name: str, folder: Path) -> None:
    """Save a checkpoint."""
    if by_hand := {**GEMMAS, **OTHERS, **TOWERS}.get(name):
        folder.mkdir(parents=True)
        by_hand(folder)
        return
    architecture, values = CHECKPOINTS[name]
    ids = tokenizer().get_vocab()
    kind = getattr(transformers, architecture)
    config = kind.config_class(**configured(values, ids, len(ids)))
    saved(kind(config), folder)
    with_bytes(folder)
    settle(folder, architecture, values)
    if name == "gptoss":
        block(folder)
    if name == "qwen3vlmoe":
        turn(folder)


def settle(folder: Path, architecture: str, values: dict[str, Any]) -> None:
    """What published folders have, and this version of transformers leaves out or writes otherwise."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["architectures"] = [architecture]
    for part, given in ((config, values), (config.get("text_config"), values.get("text_config", {}))):
        if part is not None:
            rope = part.get("rope_parameters") or {}
            if "rope_theta" in rope:
                part.setdefault("rope_theta", rope["rope_theta"])
            if not architecture.startswith(NEWER):
                part.pop("rope_parameters", None)
            if rope.keys() & {"factor", "mrope_section"}:
                part["rope_scaling"] = {**rope, "type": rope["rope_type"]}
            part.update(
                {key: value for key, value in given.items() if key not in part and not isinstance(value, dict)}
            )
    if architecture.startswith(FLAT):
        config = {**config.pop("text_config"), **config}
    if "vision_config" in config:
        tower = config["vision_config"]
        tower.setdefault("rope_theta", (tower.get("rope_parameters") or {}).get("rope_theta", 10000.0))
    path.write_text(json.dumps(config, indent=2))
    if "vision_config" in values:
        tower = config["vision_config"]
        (folder / "preprocessor_config.json").write_text(
            json.dumps(
                {
                    **(CLIP if architecture.startswith(COLOURED) else HALF),
                    "size": {"shortest_edge": 3136, "longest_edge": 1003520},
                    "patch_size": tower.get("patch_size"),
                    "temporal_patch_size": 2,
                    "merge_size": 2,
                    "min_pixels": 3136,
                    "max_pixels": 1003520,
                    "spatial_merge_size": 2,
                }
            )
        )


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
