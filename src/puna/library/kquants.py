"""llama.cpp's K types, written by the engine's own library: the gguf package can only read them."""

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGML_QUANT_SIZES
from gguf import GGMLQuantizationType as Type

from puna.core.errors import InvalidRequest
from puna.core.subjects import Setting

K_TYPES = frozenset({Type.Q2_K, Type.Q3_K, Type.Q4_K, Type.Q5_K, Type.Q6_K})
IN_THEIR_PLACE = {
    Type.Q2_K: Type.Q4_0,
    Type.Q3_K: Type.Q4_0,
    Type.Q4_K: Type.Q5_0,
    Type.Q5_K: Type.Q5_1,
    Type.Q6_K: Type.Q8_0,
}
"""The types of rows that can't be divided into K's blocks of 256, as llama.cpp has them."""


def encode(values: Any, kind: Type) -> Any:
    """The matrix in a K type, as bytes with its rows first. Raises InvalidRequest where the engine can't do it."""
    rows = np.ascontiguousarray(values, dtype=np.float32)
    width = rows.shape[-1]
    block, size = GGML_QUANT_SIZES[kind]
    count = rows.size // width
    result = np.empty((*rows.shape[:-1], width // block * size), dtype=np.uint8)
    written = _library().ggml_quantize_chunk(
        int(kind), rows.ctypes.data_as(ctypes.c_void_p), result.ctypes.data_as(ctypes.c_void_p), 0, count, width, None
    )
    assert written == result.nbytes
    return result


@cache
def _library() -> Any:
    spec = find_spec("xllamacpp")
    files = sorted(Path(spec.origin).parent.glob("xllamacpp*.so")) if spec and spec.origin else []
    try:
        library = ctypes.CDLL(str(files[0]))
        library.ggml_quantize_chunk.restype = ctypes.c_size_t
    except (IndexError, OSError, AttributeError) as error:
        raise InvalidRequest("this engine can't write K types", about=Setting("quantize")) from error
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    library.ggml_quantize_chunk.argtypes = [ctypes.c_int, pointer, pointer, number, number, number, pointer]
    return library
