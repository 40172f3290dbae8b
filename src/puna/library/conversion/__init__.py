"""From a folder of safetensors, as Hugging Face keeps models, to GGUF."""

from collections import Counter
from math import prod
from pathlib import Path

import gguf

from puna.core.errors import InvalidRequest
from puna.formats.checkpoint import Checkpoint
from puna.library.conversion.bert import Bert
from puna.library.conversion.family import Family, Tensor
from puna.library.conversion.llama import Llama, Qwen2, Qwen3
from puna.library.quantization import TYPES, add_tensor_info

# By the name that config.json gives.
FAMILIES: dict[str, type[Family]] = {
    "BertModel": Bert,
    "BertForMaskedLM": Bert,
    "LlamaForCausalLM": Llama,
    "MistralForCausalLM": Llama,
    "Qwen2ForCausalLM": Qwen2,
    "Qwen3ForCausalLM": Qwen3,
}


def convert(folder: Path, target: Path) -> None:
    """Write the model in `folder` to the GGUF file `target`, its weights as exact as they are.

    Raises InvalidRequest for an architecture, a tokenizer or a setting that is not supported, and
    DamagedModel for a file that is missing or can't be read.
    """
    checkpoint = Checkpoint(folder)
    family = FAMILIES.get(checkpoint.architecture)
    if family is None:
        known = ", ".join(FAMILIES)
        raise InvalidRequest(
            f"the architecture '{checkpoint.architecture}' can't be converted; those that can are {known}"
        )
    _write(family(checkpoint), target)


def _file_type(tensors: list[Tensor]) -> gguf.LlamaFileType:
    """The type that most of the weights have."""
    counts: Counter[str] = Counter()
    for tensor in tensors:
        counts[tensor.kind.name] += prod(tensor.shape)
    return TYPES[counts.most_common(1)[0][0]][1]


def _write(family: Family, target: Path) -> None:
    writer = gguf.GGUFWriter(target, gguf.MODEL_ARCH_NAMES[family.kind])
    family.write_values(writer)
    tensors = [*family.tensors()]
    writer.add_file_type(_file_type(tensors))
    for tensor in tensors:
        add_tensor_info(writer, tensor.name, tensor.shape, tensor.kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in tensors:
        writer.write_tensor_data(gguf.quantize(tensor.values(), tensor.kind))
    writer.close()
