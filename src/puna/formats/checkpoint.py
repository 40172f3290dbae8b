"""A model's folder as Hugging Face keeps it: config.json, tokenizer files and safetensors."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType as Type
from gguf.utility import LocalTensor, SafetensorsLocal

from puna.core.errors import DamagedModel, InvalidRequest

Values = npt.NDArray[np.float32]

_TYPES: dict[str, tuple[Any, Type]] = {
    "F64": (np.float64, Type.F32),
    "F32": (np.float32, Type.F32),
    "F16": (np.float16, Type.F16),
    "BF16": (np.uint16, Type.BF16),
}


class Checkpoint:
    """The files of one model. Raises DamagedModel for what is missing or can't be read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = self.document("config.json")

    @property
    def architecture(self) -> str:
        """The class that the model was saved from, such as LlamaForCausalLM."""
        names = self.config.get("architectures") or ["unknown"]
        return str(names[0])

    def document(self, name: str) -> dict[str, Any]:
        """A JSON file that has to be there."""
        path = self.folder / name
        try:
            document = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise DamagedModel(path, "the file is missing") from None
        except ValueError as error:
            raise DamagedModel(path, "not JSON") from error
        if not isinstance(document, dict):
            raise DamagedModel(path, "not a JSON object")
        return document

    def optional(self, name: str) -> dict[str, Any]:
        """A JSON file, empty where it is not there."""
        return self.document(name) if (self.folder / name).is_file() else {}

    def setting(self, *names: str) -> Any:
        """The first of these settings that config.json has."""
        for name in names:
            if self.config.get(name) is not None:
                return self.config[name]
        raise DamagedModel(self.folder / "config.json", f"'{names[0]}' is missing")

    @cached_property
    def tensors(self) -> dict[str, LocalTensor]:
        """The tensors of all safetensors files, by name."""
        found: dict[str, LocalTensor] = {}
        for path in sorted(self.folder.glob("*.safetensors")):
            try:
                found.update(SafetensorsLocal(path).tensors)
            except (ValueError, KeyError, TypeError, OverflowError, MemoryError) as error:
                raise DamagedModel(path, f"not a safetensors file: {error}") from error
        if not found:
            raise DamagedModel(self.folder, "there are no safetensors files")
        return found

    def shape(self, name: str) -> tuple[int, ...]:
        """A tensor's shape, rows first."""
        return tuple(self.tensors[name].shape)

    def kind(self, name: str) -> Type:
        """The GGUF type that holds a tensor's numbers as they are."""
        return self._type(name)[1]

    def values(self, name: str) -> Values:
        """A tensor's numbers. Raises DamagedModel where the file ends before they do."""
        tensor, (dtype, _) = self.tensors[name], self._type(name)
        place = tensor.data_range
        size = int(np.prod(tensor.shape)) * np.dtype(dtype).itemsize
        if place.size != size or place.offset + size > place.filename.stat().st_size:
            raise DamagedModel(
                place.filename, f"the tensor '{name}' is cut off, or its size is not what the header says"
            )
        raw = tensor.mmap_bytes().view(dtype).reshape(tensor.shape)
        if tensor.dtype == "BF16":  # the upper half of a float32
            raw = (raw.astype(np.uint32) << 16).view(np.float32)
        return np.asarray(raw, np.float32)

    def _type(self, name: str) -> tuple[Any, Type]:
        dtype = self.tensors[name].dtype
        if dtype not in _TYPES:
            raise InvalidRequest(f"the tensor '{name}' is of type {dtype}, which can't be converted")
        return _TYPES[dtype]
