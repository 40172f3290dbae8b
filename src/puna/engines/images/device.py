"""Where a pipeline computes, and with what precision."""

from typing import Any, Literal

import torch

from puna.engines.images.arguments import Precision

Offload = Literal["none", "parts", "layers"]
ROOM = 1.25
"""What a model takes on a GPU while it draws, in its weights."""


def number_type(precision: Precision) -> torch.dtype:
    """What weights are loaded as: half precision on a GPU, and that of the arguments on processors."""
    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if torch.backends.mps.is_available():
        return torch.float16
    return torch.float32 if precision == "full" else torch.bfloat16


def place(pipeline: Any) -> Any:
    """The pipeline on the device that there is. What does not fit in a GPU's memory is brought there when it is
    needed."""
    if torch.cuda.is_available():
        sizes = [part_bytes(part) for part in modules(pipeline)]
        match offload(sizes, torch.cuda.mem_get_info()[0]):
            case "none":
                pipeline.to("cuda")
            case "parts":
                pipeline.enable_model_cpu_offload()
            case "layers":
                pipeline.enable_sequential_cpu_offload()
    elif torch.backends.mps.is_available():
        pipeline.to("mps")
        pipeline.enable_attention_slicing()
    return pipeline


def offload(sizes: list[int], room: int) -> Offload:
    """What has to be brought to a GPU with so much room: nothing, one part after another, or layer by layer."""
    if sum(sizes) * ROOM < room:
        return "none"
    return "parts" if max(sizes, default=0) * ROOM < room else "layers"


def modules(pipeline: Any) -> list[torch.nn.Module]:
    """The parts that have weights."""
    return [part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)]


def part_bytes(part: torch.nn.Module) -> int:
    """The bytes of a part's weights."""
    return sum(weight.numel() * weight.element_size() for weight in part.parameters())
