"""Writing a model's weights with fewer bits each."""

import re
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import LlamaFileType

from puna.core.errors import DamagedModel, InvalidRequest
from puna.core.subjects import Setting
from puna.library.kquants import K_TYPES, encode
from puna.library.mixtures import Shape, type_of

# What the gguf package can write and engines load, and the K types that people use.
TYPES: dict[str, tuple[Type, LlamaFileType]] = {
    "F32": (Type.F32, LlamaFileType.ALL_F32),
    "F16": (Type.F16, LlamaFileType.MOSTLY_F16),
    "BF16": (Type.BF16, LlamaFileType.MOSTLY_BF16),
    "Q8_0": (Type.Q8_0, LlamaFileType.MOSTLY_Q8_0),
    "Q5_1": (Type.Q5_1, LlamaFileType.MOSTLY_Q5_1),
    "Q5_0": (Type.Q5_0, LlamaFileType.MOSTLY_Q5_0),
    "Q4_1": (Type.Q4_1, LlamaFileType.MOSTLY_Q4_1),
    "Q4_0": (Type.Q4_0, LlamaFileType.MOSTLY_Q4_0),
    "Q6_K": (Type.Q6_K, LlamaFileType.MOSTLY_Q6_K),
    "Q5_K_M": (Type.Q5_K, LlamaFileType.MOSTLY_Q5_K_M),
    "Q5_K_S": (Type.Q5_K, LlamaFileType.MOSTLY_Q5_K_S),
    "Q4_K_M": (Type.Q4_K, LlamaFileType.MOSTLY_Q4_K_M),
    "Q4_K_S": (Type.Q4_K, LlamaFileType.MOSTLY_Q4_K_S),
    "Q3_K_L": (Type.Q3_K, LlamaFileType.MOSTLY_Q3_K_L),
    "Q3_K_M": (Type.Q3_K, LlamaFileType.MOSTLY_Q3_K_M),
    "Q3_K_S": (Type.Q3_K, LlamaFileType.MOSTLY_Q3_K_S),
    "Q2_K": (Type.Q2_K, LlamaFileType.MOSTLY_Q2_K),
}
_LAYER = re.compile(r"blk\.(\d+)\.")
_WHOLE = (Type.F32, Type.F16, Type.BF16)


def quantize(source: Path, target: Path, name: str) -> None:
    """Write the GGUF file `source` to `target` with its matrices in another type.

    Raises InvalidRequest for a type that can't be written, and for weights that are quantised already; DamagedModel
    for a file that is not what its header says.
    """
    try:
        kind, file_type = TYPES[name.upper()]
    except KeyError:
        known = ", ".join(TYPES)
        raise InvalidRequest(
            f"can't quantize to '{name}'; the types that can be written are {known}", about=Setting("quantize")
        ) from None
    try:
        reader = gguf.GGUFReader(source)
    except (ValueError, LookupError, OverflowError, MemoryError) as error:  # what a file says of itself is not so
        raise DamagedModel(source, "the GGUF file is damaged, so it can't be quantized") from error
    quantized = next((tensor for tensor in reader.tensors if tensor.tensor_type not in _WHOLE), None)
    if quantized is not None and not _is_integer(quantized.tensor_type):
        raise InvalidRequest(
            f"the weights are {quantized.tensor_type.name} already; only F32, F16 and BF16 can be quantized",
            about=Setting("quantize"),
        )
    try:
        _write(reader, target, kind, file_type)
    except (ValueError, LookupError, OverflowError, MemoryError, AttributeError, TypeError) as error:
        raise DamagedModel(source, "the GGUF file is damaged, so it can't be quantized") from error


def shape_of(reader: Any) -> Shape:
    """What of a model decides on its matrices' types."""
    names = [tensor.name for tensor in reader.tensors]
    layers = 1 + max((int(match[1]) for match in map(_LAYER.match, names) if match), default=0)
    heads, sharing = (_number(reader, f"attention.head_count{end}") for end in ("", "_kv"))
    return Shape(layers, heads // sharing if heads and sharing else 1, tied="output.weight" not in names)


def _number(reader: Any, key: str) -> int:
    """A number of the header; 0 where there is none, or one for each layer."""
    field = reader.get_field(f"{reader.get_field('general.architecture').contents()}.{key}")
    value = field.contents() if field else 0
    return value if isinstance(value, int) else 0


def _is_integer(kind: Type) -> bool:
    return kind in (Type.I8, Type.I16, Type.I32, Type.I64)


def _write(reader: Any, target: Path, kind: Type, file_type: LlamaFileType) -> None:
    writer = gguf.GGUFWriter(target, reader.get_field("general.architecture").contents())
    _copy_values(reader, writer)
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    model = shape_of(reader)
    for tensor in reader.tensors:
        shape = tuple(int(size) for size in reversed(tensor.shape))
        whole = _is_integer(tensor.tensor_type)
        chosen = tensor.tensor_type if whole else type_of(tensor.name, shape, kind, file_type, model)
        add_tensor_info(writer, tensor.name, shape, chosen)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in reader.tensors:
        shape = tuple(int(size) for size in reversed(tensor.shape))
        if _is_integer(tensor.tensor_type):
            writer.write_tensor_data(tensor.data)
        else:
            values = gguf.dequantize(tensor.data, tensor.tensor_type).reshape(shape)
            chosen = type_of(tensor.name, shape, kind, file_type, model)
            writer.write_tensor_data((encode if chosen in K_TYPES else gguf.quantize)(values, chosen))
    writer.close()


def add_tensor_info(writer: Any, name: str, shape: tuple[int, ...], kind: Type) -> None:
    """Announce a tensor whose data is written later, so that only one at a time has to be in memory."""
    block, size = gguf.GGML_QUANT_SIZES[kind]
    nbytes = int(np.prod(shape)) // block * size
    # The writer takes the shape of quantised data in bytes.
    stored = (*shape[:-1], shape[-1] // block * size) if kind not in (Type.F32, Type.F16) else shape
    dtype = {Type.F32: np.float32, Type.F16: np.float16}.get(kind, np.uint8)
    writer.add_tensor_info(name, stored, np.dtype(dtype), nbytes, raw_dtype=kind)


def _copy_values(reader: Any, writer: Any) -> None:
    own = ("general.architecture", "general.file_type", "general.quantization_version")
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in own:
            continue
        kind, *inner = field.types
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner[-1] if inner else None)
