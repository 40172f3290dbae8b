"""What an engine is told of a model."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

from puna.core.capabilities import Capability
from puna.core.remote import Remote
from puna.formats.gguf import Metadata


class Hints(Protocol):
    """What a model's Modelfile, or a request, says of how it is run (`PARAMETER num_ctx`, …). None: nothing."""

    @property
    def num_ctx(self) -> int | None:
        """How many tokens a prompt and its completion may have together."""

    @property
    def num_gpu(self) -> int | None:
        """How many layers go to GPUs."""

    @property
    def num_thread(self) -> int | None:
        """How many threads compute."""

    @property
    def draft_num_predict(self) -> int | None:
        """How many tokens are drafted at once; 0 has nothing drafted."""


class EngineModel(Protocol):
    """A model. `kind` says what it is made of, and with that which engine runs it; a model of the kind `gguf` has
    `weights`, `metadata` and the rest, one of another kind need not."""

    @property
    def kind(self) -> str:
        """`gguf`, or the format that its config names."""

    @property
    def digest(self) -> str:
        """What tells this model from every other."""

    @property
    def capabilities(self) -> Collection[Capability]:
        """What it can be asked for."""

    @property
    def parameters(self) -> Hints:
        """How it is run."""

    @property
    def remote(self) -> Remote | None:
        """Where it runs elsewhere, for the kind `remote`."""

    @property
    def weights(self) -> Path:
        """The GGUF file of the model itself."""

    @property
    def files(self) -> Mapping[str, Path]:
        """The files of a model that is a folder, by their paths in it; none for any other."""

    @property
    def metadata(self) -> Metadata:
        """The header of the weights."""

    @property
    def projectors(self) -> tuple[Path, ...]:
        """The GGUF files that turn pictures or sound into the model's tokens."""

    @property
    def adapters(self) -> tuple[Path, ...]:
        """The LoRA adapters' GGUF files."""

    @property
    def draft(self) -> Path | None:
        """The GGUF file of the model that drafts for this one."""

    @property
    def template(self) -> str | None:
        """The chat template in Jinja; None where that of the weights applies."""
