"""A model of the library, ready to load."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import orjson

from puna.core.errors import DamagedModel, PunaError
from puna.formats.gguf import Metadata
from puna.library import manifest as media
from puna.library.config import Config
from puna.library.digest import Digest
from puna.library.manifest import Layer, Manifest
from puna.library.names import ModelName
from puna.library.parameters import Parameters


class Blobs(Protocol):
    """Where a model's blobs are."""

    def path(self, digest: Digest) -> Path:
        """The file that holds a blob."""
        ...

    def read(self, digest: Digest) -> bytes:
        """A small blob's content."""
        ...


@dataclass(frozen=True, slots=True)
class Example:
    """A message that every conversation begins with. `role` is `system`, `user` or `assistant`."""

    role: str
    content: str


@dataclass(frozen=True)
class Model:
    """A model that is there.

    Name and date are known at once; the rest is read from the manifest and its blobs when asked for, and
    kept. Reading raises DamagedModel where a file is missing or is not what it has to be.
    """

    name: ModelName
    modified: datetime
    manifest: Manifest
    blobs: Blobs
    bundled: bool = False

    @property
    def digest(self) -> str:
        """The SHA-256 of the manifest, in hexadecimal digits: what tells this model from every other."""
        return self.manifest.digest.hex

    @property
    def size(self) -> int:
        """The bytes of all its blobs."""
        return self.manifest.size

    @cached_property
    def weights(self) -> Path:
        """The GGUF file of the model itself."""
        found = self._paths(media.WEIGHTS)
        if not found:
            raise PunaError(f"model '{self.name}' has no GGUF weights, so it can't be loaded")
        return found[0]

    @cached_property
    def projectors(self) -> tuple[Path, ...]:
        """The GGUF files that turn pictures or sound into the model's tokens."""
        return self._paths(media.PROJECTOR)

    @cached_property
    def adapters(self) -> tuple[Path, ...]:
        """The LoRA adapters' GGUF files."""
        return self._paths(media.ADAPTER)

    @cached_property
    def config(self) -> Config:
        """Family, size and quantisation, as lists show them."""
        config = self.manifest.config
        return Config.parse(self.blobs.read(config.digest)) if config else Config()

    @cached_property
    def metadata(self) -> Metadata:
        """The header of the weights."""
        return Metadata.read(self.weights)

    @cached_property
    def parameters(self) -> Parameters:
        """What the Modelfile's PARAMETER lines set."""
        return Parameters.from_json(self._document(media.PARAMETERS) or {})

    def with_parameters(self, parameters: Parameters) -> "Model":
        """This model with some parameters over its own, and everything else that was read of it."""
        changed = copy(self)
        changed.__dict__["parameters"] = parameters.over(self.parameters)
        return changed

    @cached_property
    def template_source(self) -> str | None:
        """The Modelfile's TEMPLATE as it was written, in Go's or Jinja's syntax."""
        return self._text(media.TEMPLATE, media.PROMPT)

    @cached_property
    def template(self) -> str | None:
        """The Modelfile's TEMPLATE in Jinja; None where the weights' own template applies.

        Raises InvalidRequest where it is written in Go's syntax and uses what can't be translated.
        """
        from puna.library.template import to_jinja  # lists of models do without it

        return None if self.template_source is None else to_jinja(self.template_source)

    @cached_property
    def system(self) -> str | None:
        """The system message where a request has none."""
        return self._text(media.SYSTEM)

    @cached_property
    def messages(self) -> tuple[Example, ...]:
        """The messages that every conversation begins with."""
        return tuple(
            Example(str(entry["role"]), str(entry["content"])) for entry in self._document(media.MESSAGES) or ()
        )

    @cached_property
    def licenses(self) -> tuple[str, ...]:
        """The texts of the licences."""
        return tuple(self._decoded(layer) for layer in self.manifest.of_type(media.LICENSE))

    def _paths(self, media_type: str) -> tuple[Path, ...]:
        return tuple(self.blobs.path(layer.digest) for layer in self.manifest.of_type(media_type))

    def _text(self, *media_types: str) -> str | None:
        layers = self.manifest.of_type(*media_types)
        return self._decoded(layers[-1]) if layers else None

    def _decoded(self, layer: Layer) -> str:
        try:
            return self.blobs.read(layer.digest).decode()
        except UnicodeDecodeError as error:
            raise DamagedModel(self.blobs.path(layer.digest), "not UTF-8 text") from error

    def _document(self, media_type: str) -> Any:
        layers = self.manifest.of_type(media_type)
        if not layers:
            return None
        try:
            return orjson.loads(self.blobs.read(layers[-1].digest))
        except orjson.JSONDecodeError as error:
            raise DamagedModel(self.blobs.path(layers[-1].digest), "not JSON") from error
