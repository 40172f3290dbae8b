"""A model of the library, ready to load."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol, cast, get_args

import orjson

from puna.core.capabilities import Capability
from puna.core.effort import Effort
from puna.core.errors import DamagedModel, InvalidRequest, PunaError
from puna.core.remote import Remote
from puna.core.sampling import Sampling
from puna.core.template import BARE
from puna.formats.gguf import Metadata
from puna.library import manifest as media
from puna.library.config import Config
from puna.library.digest import Digest
from puna.library.layouts.readable import Readable
from puna.library.manifest import Layer, Manifest
from puna.library.names import ModelName
from puna.library.parameters import Parameters

if TYPE_CHECKING:
    from puna.library.layouts.translations import Translations

KNOWN = frozenset(get_args(Capability))
PROMPT_ALONE = "{{.Prompt}}"
"""What Ollama has in place of a template where there is none, without its white space."""


class Blobs(Protocol):
    """Where a model's blobs are."""

    def path(self, digest: Digest) -> Path:
        """The file that holds a blob."""
        ...

    def read(self, digest: Digest) -> bytes:
        """A small blob's content."""
        ...

    @property
    def translations(self) -> "Translations | None":
        """What was made of blobs for llama.cpp; None where all are made for it."""
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
    def kind(self) -> str:
        """What it is made of: `gguf`, or another format that its config names."""
        return "gguf" if self.manifest.of_type(media.WEIGHTS) else self.config.format or "unknown"

    @cached_property
    def remote(self) -> Remote | None:
        """Where it runs elsewhere. Raises DamagedModel."""
        document = self._document(media.REMOTE)
        if document is None:
            return None
        from puna.library.remote import from_json  # most models run here

        try:
            return from_json(document)
        except InvalidRequest as error:
            [*_, layer] = self.manifest.of_type(media.REMOTE)
            raise DamagedModel(self.blobs.path(layer.digest), error.message) from error

    @cached_property
    def elsewhere(self) -> "Model | None":
        """The same model as other servers have it, where it runs both here and there."""
        if self.remote is None or self.kind == "remote":
            return None
        changed = copy(self)
        parameters = replace(self.parameters, num_ctx=None, num_gpu=None, num_thread=None)
        changed.__dict__.update(kind="remote", capabilities=self.capabilities, parameters=parameters)
        changed.__dict__.pop("sampling", None)
        return changed

    @property
    def decides(self) -> bool:
        """Whether whoever runs it decides what holds where nobody says anything, rather than the dialect: a server
        elsewhere has its own defaults."""
        return self.kind == "remote"

    @cached_property
    def capabilities(self) -> tuple[Capability, ...]:
        """What it can be asked for: the one answer to this question. Any but a GGUF has it in its config."""
        if self.kind != "gguf":
            return tuple(cast("Capability", word) for word in self.config.capabilities if word in KNOWN)
        from puna.library.capabilities import gguf_capabilities  # lists of models do without it

        template = "" if self._is_bare else self._rendering or self.template_source or self.metadata.chat_template
        return tuple(gguf_capabilities(self.metadata, template or "", self.projector_metadata))

    @cached_property
    def sampling(self) -> Sampling:
        """The sampling where a request says nothing: the Modelfile's PARAMETERs, and below them what the weights
        recommend."""
        recommended = self.metadata.sampling if self.kind == "gguf" else {}
        return self.parameters.sampling.over(recommended_sampling(recommended))

    @cached_property
    def effort(self) -> Effort | None:
        """How much it thinks where a request says nothing; None leaves it to the chat template."""
        effort = self.metadata.reasoning_effort if self.kind == "gguf" else None
        return cast("Effort", effort) if effort in get_args(Effort) else None

    @cached_property
    def readable(self) -> tuple[Readable, ...]:
        """The blobs that hold the weights, then the projectors, as an engine reads them."""
        found = self._paths(media.WEIGHTS)
        if not found:
            raise PunaError(f"model '{self.name}' has no GGUF weights, so it can't be loaded")
        return tuple(Readable(blob, self.blobs.translations) for blob in (found[0], *self._paths(media.PROJECTOR)))

    @property
    def weights(self) -> Path:
        """The GGUF file of the model itself, as an engine reads it. Raises UnknownLayout, StoreFailed."""
        return self.readable[0].path

    @cached_property
    def files(self) -> Mapping[str, Path]:
        """The files of a model that is a folder, by their paths in it."""
        layers = self.manifest.of_type(media.FILE, media.DOCUMENT)
        return {layer.name: self.blobs.path(layer.digest) for layer in layers if safe(layer.name)}

    @property
    def projectors(self) -> tuple[Path, ...]:
        """The GGUF files that turn pictures or sound into the model's tokens. Raises as `weights` does."""
        own, others = self.readable[0].projector, tuple(each.path for each in self.readable[1:])
        return (own, *others) if own else others

    @cached_property
    def projector_metadata(self) -> tuple[Metadata, ...]:
        """The headers of the projectors."""
        own, others = self.readable[0].projector_metadata, tuple(each.metadata for each in self.readable[1:])
        return (own, *others) if own else others

    @property
    def ready(self) -> bool:
        """Whether all is there that an engine reads; `translate` makes what is not."""
        return self.kind != "gguf" or not any(each.missing for each in self.readable)

    @property
    def translated(self) -> str | None:
        """Why an engine reads other files than the blobs; None where it reads them."""
        whys = (each.translation.why for each in self.readable if each.translation)
        return next((f"Ollama's layout: {why}" for why in whys), None)

    @cached_property
    def adapters(self) -> tuple[Path, ...]:
        """The LoRA adapters' GGUF files."""
        return self._paths(media.ADAPTER)

    @cached_property
    def draft(self) -> Path | None:
        """The GGUF file of the model that drafts for this one."""
        return next(iter(self._paths(media.DRAFT)), None)

    @cached_property
    def config(self) -> Config:
        """Family, size and quantisation, as lists show them."""
        config = self.manifest.config
        return Config.parse(self.blobs.read(config.digest)) if config else Config()

    @cached_property
    def metadata(self) -> Metadata:
        """The header of the weights, as an engine reads them."""
        return self.readable[0].metadata

    @cached_property
    def longest_token(self) -> int | None:
        """The most bytes of a text that one token stands for; None where a tokenizer leaves things out of a text, so
        that there is no most."""
        metadata = self.metadata
        exact = metadata.get("tokenizer.ggml.model") in ("gpt2", "llama")
        if not exact or metadata.get("tokenizer.ggml.remove_extra_whitespaces"):
            return None
        return max((len(text.encode()) for text in metadata.array("tokenizer.ggml.tokens")), default=None)

    @cached_property
    def parameters(self) -> Parameters:
        """What the Modelfile's PARAMETER lines set."""
        return Parameters.from_json(self._document(media.PARAMETERS) or {})

    def with_parameters(self, parameters: Parameters) -> "Model":
        """This model with some parameters over its own, and everything else that was read of it."""
        changed = copy(self)
        changed.__dict__["parameters"] = parameters.over(self.parameters)
        changed.__dict__.pop("sampling", None)
        return changed

    def with_template(self, source: str) -> "Model":
        """This model with another TEMPLATE, and everything else that was read of it."""
        changed = copy(self)
        for name in ("template", "_is_bare", "capabilities"):
            changed.__dict__.pop(name, None)
        changed.__dict__.update(template_source=source, _renderer="", _rendering=None)
        return changed

    @cached_property
    def template_source(self) -> str | None:
        """The Modelfile's TEMPLATE as it was written, in Go's or Jinja's syntax."""
        return self._text(media.TEMPLATE, media.PROMPT)

    @cached_property
    def template(self) -> str | None:
        """The chat template in Jinja; None where the weights' own applies. Where the config names a renderer, that is
        the weights' own, else the one that the renderer stands for; else it is the Modelfile's TEMPLATE. A model
        that has none gets the bare text.

        Raises InvalidRequest where that is written in Go's syntax and uses what can't be translated, and for a
        renderer that nobody here has a template for.
        """
        from puna.library.template import to_jinja  # lists of models do without it

        if self._renderer and (self.metadata.chat_template or self._rendering):
            return self._rendering
        if self._renderer and "{{ .Prompt }}" in (self.template_source or "{{ .Prompt }}"):
            raise InvalidRequest(
                f"model '{self.name}' is rendered by '{self._renderer}', which Puna has no template for; "
                "make a model of it with a TEMPLATE of its own"
            )
        if self._is_bare:
            return BARE
        return to_jinja(self.template_source) if self.template_source else None

    @cached_property
    def _is_bare(self) -> bool:
        """Whether nothing says how a conversation is written: it has no template, or one that is the prompt."""
        if self._renderer and (self.metadata.chat_template or self._rendering):
            return False
        source = self.template_source or self.metadata.chat_template
        return not source or "".join(source.split()) == PROMPT_ALONE

    @cached_property
    def _renderer(self) -> str:
        """The name of the format of its prompts; empty where a template says all."""
        from puna.library.template.renderers import of_size, renderer_of

        name = self.config.renderer or renderer_of(self.config.family, self.template_source or "")
        return of_size(name, self.metadata.parameter_count) if name else ""

    @cached_property
    def _rendering(self) -> str | None:
        """The template that the renderer stands for; None where the weights have their own, or nobody has one."""
        from puna.library.template.renderers import rendering

        return None if self.metadata.chat_template else rendering(self._renderer)

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


def safe(name: str) -> bool:
    """Whether a file's name stays in the folder that it is put in."""
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name


def recommended_sampling(values: Mapping[str, float]) -> Sampling:
    """What the makers of a GGUF recommend, in the keys that llama.cpp writes (`general.sampling.…`)."""
    top_k, window = values.get("top_k"), values.get("penalty_last_n")
    return Sampling(
        temperature=values.get("temp"),
        top_p=values.get("top_p"),
        top_k=None if top_k is None else int(top_k),
        min_p=values.get("min_p"),
        repeat_penalty=values.get("penalty_repeat"),
        repeat_last_n=None if window is None else int(window),
    )
