"""Writing a model's weights with fewer bits each."""

from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import LlamaFileType

from puna.core.errors import DamagedModel, InvalidRequest
from puna.core.subjects import Setting

# What the gguf package can write and engines load. The K types need llama.cpp's own llama-quantize.
TYPES: dict[str, tuple[Type, LlamaFileType]] = {
    "F32": (Type.F32, LlamaFileType.ALL_F32),
    "F16": (Type.F16, LlamaFileType.MOSTLY_F16),
    "BF16": (Type.BF16, LlamaFileType.MOSTLY_BF16),
    "Q8_0": (Type.Q8_0, LlamaFileType.MOSTLY_Q8_0),
    "Q5_1": (Type.Q5_1, LlamaFileType.MOSTLY_Q5_1),
    "Q5_0": (Type.Q5_0, LlamaFileType.MOSTLY_Q5_0),
    "Q4_1": (Type.Q4_1, LlamaFileType.MOSTLY_Q4_1),
    "Q4_0": (Type.Q4_0, LlamaFileType.MOSTLY_Q4_0),
}
_WHOLE = (Type.F32, Type.F16, Type.BF16)
# Small and sensitive: positions, token types, the choice of experts keep their precision, as in llama.cpp.
_PRECISE = ("position_embd.weight", "token_types.weight", "ffn_gate_inp.weight")
_FOR_OUTPUT = {Type.Q4_0: Type.Q8_0, Type.Q4_1: Type.Q8_0, Type.Q5_0: Type.Q8_0, Type.Q5_1: Type.Q8_0}


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


def type_of(name: str, shape: tuple[int, ...], wanted: Type) -> Type:
    """The type a tensor gets when the model's matrices are to be `wanted`. `shape` is numpy's, rows first."""
    if len(shape) < 2 or name.endswith(_PRECISE) or "_norm" in name:
        return Type.F32
    kind = _FOR_OUTPUT.get(wanted, wanted) if name == "output.weight" else wanted
    block, _ = gguf.GGML_QUANT_SIZES[kind]
    return kind if shape[-1] % block == 0 else Type.F16


def _is_integer(kind: Type) -> bool:
    return kind in (Type.I8, Type.I16, Type.I32, Type.I64)


def _write(reader: Any, target: Path, kind: Type, file_type: LlamaFileType) -> None:
    writer = gguf.GGUFWriter(target, reader.get_field("general.architecture").contents())
    _copy_values(reader, writer)
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    for tensor in reader.tensors:
        shape = tuple(int(size) for size in reversed(tensor.shape))
        chosen = tensor.tensor_type if _is_integer(tensor.tensor_type) else type_of(tensor.name, shape, kind)
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
            writer.write_tensor_data(gguf.quantize(values, type_of(tensor.name, shape, kind)))
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
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        kind, *inner = field.types
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner[-1] if inner else None)
