"""Random weights, saved as Hugging Face has them, and what published files have otherwise."""

# mypy: ignore-errors
# It runs where torch is, which the project does not need.

import json
import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file


def saved(model: Any, folder: Path) -> None:
    """Draw a model's weights, and save it."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(drawn(name, parameter.shape))
    model.eval().to(torch.float16).save_pretrained(folder)


def drawn(name: str, shape: torch.Size) -> torch.Tensor:
    """Numbers that stay exact in 16 bits, whatever a converter does: it adds one to norms, and takes exponentials."""
    if name.endswith("A_log"):
        return torch.zeros(shape)
    if name.endswith("per_dim_scale"):
        return torch.full(shape, 32.0)  # of which the softplus is the same
    if len(shape) == 1 and "norm" in name:
        return 1 + torch.randint(-32, 33, shape) / 128
    return torch.randint(-64, 65, shape) / 512


def rename(folder: Path, *names: tuple[str, str], without: str = "^$") -> None:
    """Call tensors as they were called in published files."""
    path = folder / "model.safetensors"
    found = {}
    for name, tensor in load_file(path).items():
        for old, new in names:
            name = re.sub(old, new, name)
        if not re.search(without, name):
            found[name] = tensor.contiguous()
    save_file(found, path, {"format": "pt"})


def extend(folder: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """Add tensors that transformers does not know, or not any more."""
    path = folder / "model.safetensors"
    found = load_file(path) if path.is_file() else {}
    new = {name: drawn(name, torch.Size(shape)).to(torch.float16) for name, shape in shapes.items()}
    save_file(found | {name: tensor for name, tensor in new.items() if name not in found}, path, {"format": "pt"})


def amend(path: Path, **values: Any) -> None:
    """Give keys of a JSON file other values; a file that is not there yet has none."""
    document = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(document | values, indent=2))


def text_config(folder: Path, **values: Any) -> None:
    """Give keys of the part that concerns text other values."""
    path = folder / "config.json"
    document = json.loads(path.read_text())
    document["text_config"] |= values
    path.write_text(json.dumps(document, indent=2))


def turn(folder: Path) -> None:
    """Write the experts' matrices with rows and columns changed, as Qwen 3-VL was published."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    for name in [name for name in tensors if name.endswith(("experts.gate_up_proj", "experts.down_proj"))]:
        tensors[name] = tensors[name].transpose(1, 2).contiguous()
    save_file(tensors, path, {"format": "pt"})


def block(folder: Path) -> None:
    """Write the experts of gpt-oss as MXFP4, as its maker does."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    draw = torch.Generator().manual_seed(2)
    for name in [name for name in tensors if name.endswith(("gate_up_proj", "down_proj"))]:
        experts, columns, rows = tensors.pop(name).shape
        shape = (experts, rows, columns // 32)
        tensors[f"{name}_blocks"] = torch.randint(0, 256, (*shape, 16), generator=draw, dtype=torch.uint8)
        tensors[f"{name}_scales"] = torch.randint(121, 125, shape, generator=draw, dtype=torch.uint8)
    save_file(tensors, path, {"format": "pt"})
