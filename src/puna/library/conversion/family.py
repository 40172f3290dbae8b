"""What the families of models have in common when they are converted."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import gguf
from gguf import GGMLQuantizationType as Type

from puna.core.errors import InvalidRequest
from puna.formats.checkpoint import Checkpoint, Values
from puna.library.mixtures import type_of


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor to be written: its GGUF name, shape (rows first) and type, and where its numbers come from."""

    name: str
    shape: tuple[int, ...]
    kind: Type
    values: Callable[[], Values]


class Family(ABC):
    """A family of architectures: how its settings, tokenizer and tensors are called in GGUF."""

    kind: ClassVar[gguf.MODEL_ARCH]
    skipped: ClassVar[tuple[str, ...]] = ()

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.blocks = int(checkpoint.setting("num_hidden_layers"))

    @abstractmethod
    def write_values(self, writer: Any) -> None:
        """Write the header's keys: the architecture's settings and the tokenizer."""

    def tensors(self) -> Iterator[Tensor]:
        """The tensors to be written. Raises InvalidRequest for one that is unknown."""
        names = gguf.get_tensor_name_map(self.kind, self.blocks)
        for name in self.checkpoint.tensors:
            if name.endswith(self.skipped):
                continue
            mapped = names.get_name(name, try_suffixes=(".weight", ".bias"))
            if mapped is None:
                raise InvalidRequest(f"the tensor '{name}' has no place in a {self.kind.name.lower()} model")
            yield self._tensor(name, mapped)

    def values(self, name: str) -> Values:
        """The numbers of a tensor, in the order that engines expect."""
        return self.checkpoint.values(name)

    def _tensor(self, name: str, mapped: str) -> Tensor:
        shape = self.checkpoint.shape(name)
        kind = type_of(mapped, shape, self.checkpoint.kind(name))
        return Tensor(mapped, shape, kind, lambda: self.values(name))

    def write_sizes(self, writer: Any) -> None:
        """Write the settings that every transformer has."""
        setting = self.checkpoint.setting
        writer.add_name(self.checkpoint.folder.resolve().name)
        writer.add_block_count(self.blocks)
        writer.add_context_length(setting("max_position_embeddings"))
        writer.add_embedding_length(setting("hidden_size"))
        writer.add_feed_forward_length(setting("intermediate_size"))
        writer.add_head_count(setting("num_attention_heads"))
