"""A manifest: the list of the blobs that a model is made of, as registries and Ollama's store keep it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import orjson

from puna.core.errors import InvalidRequest, PunaError
from puna.library.digest import Digest

MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"

_IMAGE = "application/vnd.ollama.image."
WEIGHTS = _IMAGE + "model"
PROJECTOR = _IMAGE + "projector"
ADAPTER = _IMAGE + "adapter"
DRAFT = _IMAGE + "draft"
TEMPLATE = _IMAGE + "template"
READ = (WEIGHTS, PROJECTOR)
"""What engines read, and what may be in Ollama's layout."""
PROMPT = _IMAGE + "prompt"  # what templates were called in Ollama's first versions
SYSTEM = _IMAGE + "system"
PARAMETERS = _IMAGE + "params"
MESSAGES = _IMAGE + "messages"
LICENSE = _IMAGE + "license"
REMOTE = "application/vnd.puna.model.remote+json"
"""Where the model runs elsewhere: Puna's own."""
DOCUMENT = _IMAGE + "json"  # of a model that Ollama keeps with a blob for each tensor
FILE = "application/vnd.puna.image.file"
"""A file of a model that is a folder; the layer's name is its path there."""


class InvalidManifest(PunaError):
    """A manifest that can't be one: no JSON, a digest or a size of the wrong form."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One blob of a model and what it is for. `size` is in bytes, `source` names the model it came from, `name`
    is its path in a model that is a folder."""

    media_type: str
    digest: Digest
    size: int
    source: str = ""
    name: str = ""

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Raises InvalidManifest."""
        try:
            size = document["size"]
            if not isinstance(size, int) or size < 0:
                raise InvalidManifest(f"the manifest gives an impossible size: {size!r}")
            source = str(document.get("from") or "")
            name = str(document.get("name") or "")
            return cls(str(document["mediaType"]), Digest.parse(document["digest"]), size, source, name)
        except (KeyError, TypeError, InvalidRequest) as error:
            raise InvalidManifest("the manifest has a layer without media type, sha256 digest and size") from error

    def to_json(self) -> dict[str, Any]:
        """The layer as a manifest holds it."""
        document = {"mediaType": self.media_type, "digest": str(self.digest), "size": self.size}
        further = {"from": self.source, "name": self.name}
        return document | {name: value for name, value in further.items() if value}


@dataclass(frozen=True)
class Manifest:
    """A manifest as it was written, byte by byte: its digest is the model's."""

    raw: bytes

    @classmethod
    def of(cls, config: Layer, layers: list[Layer]) -> Self:
        """A new manifest."""
        return cls(
            orjson.dumps(
                {
                    "schemaVersion": 2,
                    "mediaType": MEDIA_TYPE,
                    "config": config.to_json(),
                    "layers": [layer.to_json() for layer in layers],
                }
            )
        )

    @cached_property
    def digest(self) -> Digest:
        return Digest.of(self.raw)

    @cached_property
    def size(self) -> int:
        """The bytes of all blobs. Raises InvalidManifest."""
        document = self._document()
        try:
            return sum(int(blob["size"]) for blob in (document.get("config"), *document["layers"]) if blob)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidManifest("the manifest has a layer without a size") from error

    @cached_property
    def config(self) -> Layer | None:
        """The blob that says what the model is. Raises InvalidManifest."""
        config = self._document().get("config")
        return Layer.from_json(config) if config and config.get("digest") else None

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """What the model is made of, without the config. Raises InvalidManifest."""
        return tuple(Layer.from_json(layer) for layer in self._document()["layers"])

    @property
    def blobs(self) -> tuple[Layer, ...]:
        """Every blob, the config too. Raises InvalidManifest."""
        return (*self.layers, self.config) if self.config else self.layers

    def of_type(self, *media_types: str) -> list[Layer]:
        """The layers of these media types. Raises InvalidManifest."""
        return [layer for layer in self.layers if layer.media_type in media_types]

    def _document(self) -> dict[str, Any]:
        """The manifest as JSON. It is not kept: a list holds thousands of manifests."""
        try:
            document = orjson.loads(self.raw)
        except orjson.JSONDecodeError as error:
            raise InvalidManifest("the manifest is not JSON") from error
        if not isinstance(document, dict) or not isinstance(document.get("layers"), list):
            raise InvalidManifest("the manifest has no list of layers")
        return document
