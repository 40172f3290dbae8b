"""Making a model from another one, from GGUF files or from a folder of safetensors."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from puna.core.errors import DamagedModel, InvalidRequest, PunaError
from puna.core.subjects import Setting
from puna.formats.gguf import Metadata
from puna.library import manifest as media
from puna.library.config import Config
from puna.library.digest import Digest
from puna.library.library import Library
from puna.library.manifest import Layer, Manifest
from puna.library.model import Model
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from puna.library.pipelines import FORMAT as PIPELINE
from puna.library.pipelines import is_pipeline, pipeline_config, pipeline_files
from puna.library.recipe import Recipe
from puna.library.remote import CAPABILITIES, FORMAT, to_json
from puna.library.template import check_template
from puna.library.template.renderers import NAMES, PARSERS
from puna.library.translating import Translating, require_readable, translate

Report = Callable[[str], None]

VOCABULARY_DIFFERENCE = 128
"""How many tokens more or less than its model a drafter may have: llama.cpp's limit, for padding differs."""


def create(library: Library, name: ModelName, recipe: Recipe, report: Report = lambda status: None) -> Model:
    """Make a model, in place of one of that name, and return it. `report` gets a line for every step.

    Raises InvalidRequest for what can't be made, ModelNotFound for a missing base, DamagedModel for a bad
    file, and StoreFailed for a full disk. What was there before is untouched then.
    """
    library.require_writable(name)
    return _Creation(library, recipe, report).make(name)


class _Creation:
    """One model in the making. It remembers which blobs it staged, to take them back if it fails."""

    def __init__(self, library: Library, recipe: Recipe, report: Report) -> None:
        self._library = library
        self._staging = library.store.staging
        self._recipe = recipe
        self._report = report
        self._staged: list[Digest] = []
        self._headers: dict[Digest, Metadata] = {}

    def make(self, name: ModelName) -> Model:
        try:
            layers = self._layers()
            config = self._config(layers)
            self._report("writing manifest")
            model = self._library.commit(name, Manifest.of(config, layers))
            translate(model, self._translated)
        except BaseException:
            for digest in self._staged:
                with suppress(OSError):  # what went wrong before says more
                    self._staging.path(digest).unlink()
            raise
        self._report("success")
        return model

    def _translated(self, progress: Translating) -> None:
        if not progress.completed:
            self._report("translating for llama.cpp")

    def _layers(self) -> list[Layer]:
        base = self._library.get(self._recipe.base) if self._recipe.base else None
        if (base and base.kind == PIPELINE) or (self._recipe.folder and is_pipeline(self._recipe.folder)):
            require_plain(self._recipe)
        inherited = list(base.manifest.layers) if base else []
        made = [*self._weights(base), *self._adapters(), *self._draft(), *self._texts(base), *self._remote()]
        replaced = {layer.media_type for layer in made}
        replaced |= {media.PROMPT} if media.TEMPLATE in replaced else set()
        kept = [layer for layer in inherited if layer.media_type not in replaced]
        if base and base.bundled:
            self._staged += [layer.digest for layer in kept]
            self._library.stage(base, kept)
        return [*kept, *made]

    def _weights(self, base: Model | None) -> list[Layer]:
        recipe = self._recipe
        if base:
            return self._requantized(base) if recipe.quantize else []
        if recipe.folder and is_pipeline(recipe.folder):
            return self._pipeline(recipe.folder)
        if recipe.folder:
            return [self._converted(recipe.folder)]
        if recipe.remote and not recipe.files:
            return []
        layers = [self._file(label, path) for label, path in recipe.files.items()]
        kinds = [layer.media_type for layer in layers]
        if kinds.count(media.WEIGHTS) != 1:
            raise InvalidRequest(
                f"FROM has to name one file with a model's weights, not {kinds.count(media.WEIGHTS)}; "
                "a model in several parts has to be merged first, with llama-gguf-split --merge"
            )
        return layers

    def _pipeline(self, folder: Path) -> list[Layer]:
        """The files of a model that makes images."""
        layers = []
        for name, path in sorted(pipeline_files(folder).items()):
            self._report(f"copying {name}")
            source = path.resolve()
            digest = self._library.store.digest_of(source) or self._staging.add_file(source)
            layers.append(replace(self._layer(media.FILE, digest, source.stat().st_size), name=name))
        return layers

    def _requantized(self, base: Model) -> list[Layer]:
        """New weights of another model, with the projector where that was in the old weights' file."""
        own = base.readable[0].projector
        projector = [self._copied(media.PROJECTOR, own, Metadata.read(own))] if own else []
        return [self._quantized(base.weights), *projector]

    def _file(self, label: str, path: Path) -> Layer:
        header = self._given(label, path)
        kind = _kind(header)
        if header.values.get("split.count", 0) > 1:
            raise InvalidRequest(f"'{label}' is one part of several; merge them with llama-gguf-split --merge")
        if self._recipe.quantize and kind == media.WEIGHTS:
            return self._quantized(path)
        return self._copied(kind, path, header)

    def _given(self, label: str, path: Path) -> Metadata:
        """The header of a file that came with the request. One that is no model is not kept for another request.

        Raises InvalidRequest, which calls it as the request does.
        """
        try:
            return Metadata.read(path)
        except DamagedModel as error:
            if path.parent == self._staging.folder:
                path.unlink(missing_ok=True)
            raise InvalidRequest(f"'{label}': {error.problem}") from error

    def _adapters(self) -> list[Layer]:
        problem = "not a LoRA adapter in GGUF format"
        return self._beside(self._recipe.adapters, media.ADAPTER, media.ADAPTER, problem, "adapters")

    def _draft(self) -> list[Layer]:
        """The model that drafts for this one."""
        if len(self._recipe.drafts) > 1:
            raise InvalidRequest("only one model can draft for another", param="draft_files")
        return self._beside(self._recipe.drafts, media.WEIGHTS, media.DRAFT, "not a model", "draft_files")

    def _beside(self, files: Mapping[str, Path], kind: str, kept_as: str, problem: str, param: str) -> list[Layer]:
        """Files beside the model's own, each of that kind."""
        layers = []
        for label, path in files.items():
            header = self._given(label, path)
            if _kind(header) != kind:
                raise InvalidRequest(f"'{label}' is {problem}", param=param)
            layers.append(self._copied(kept_as, path, header))
        return layers

    def _copied(self, media_type: str, path: Path, header: Metadata) -> Layer:
        if media_type == media.WEIGHTS:
            require_readable(header)
        self._report(f"copying {path.name}")
        digest = self._library.store.digest_of(path) or self._staging.add_file(path)
        self._headers[digest] = header
        return self._layer(media_type, digest, path.stat().st_size)

    def _converted(self, folder: Path) -> Layer:
        from puna.library.conversion import convert

        with TemporaryDirectory(dir=self._workshop()) as workshop:
            self._report(f"converting {folder.name}")
            path = Path(workshop) / "model.gguf"
            convert(folder, path)
            return self._quantized(path) if self._recipe.quantize else self._produced(path)

    def _quantized(self, path: Path) -> Layer:
        from puna.library.quantization import quantize

        assert self._recipe.quantize
        with TemporaryDirectory(dir=self._workshop()) as workshop:
            self._report(f"quantizing to {self._recipe.quantize.upper()}")
            result = Path(workshop) / "model.gguf"
            try:
                quantize(path, result, self._recipe.quantize)
            except DamagedModel as error:
                raise InvalidRequest(error.problem, param="quantize") from error
            return self._produced(result)

    def _produced(self, path: Path) -> Layer:
        return self._copied(media.WEIGHTS, path, Metadata.read(path))

    def _workshop(self) -> Path:
        self._staging.folder.mkdir(parents=True, exist_ok=True)
        return self._staging.folder

    def _texts(self, base: Model | None) -> list[Layer]:
        recipe = self._recipe
        layers = []
        if recipe.template is not None:
            check_template(recipe.template)  # refuse now what could not be rendered later
            layers.append(self._small(media.TEMPLATE, recipe.template.encode()))
        if recipe.system is not None:
            layers.append(self._small(media.SYSTEM, recipe.system.encode()))
        if recipe.parameters != Parameters():
            parameters = recipe.parameters.over(base.parameters) if base else recipe.parameters
            layers.append(self._small(media.PARAMETERS, orjson.dumps(parameters.to_json())))
        if recipe.messages:
            messages = [{"role": message.role, "content": message.content} for message in recipe.messages]
            layers.append(self._small(media.MESSAGES, orjson.dumps(messages)))
        return [*layers, *(self._small(media.LICENSE, text.encode()) for text in recipe.licenses)]

    def _remote(self) -> list[Layer]:
        """Where it runs elsewhere, without a key."""
        remote = self._recipe.remote
        return [self._small(media.REMOTE, orjson.dumps(to_json(remote)))] if remote else []

    def _small(self, media_type: str, content: bytes) -> Layer:
        return self._layer(media_type, self._staging.add(content), len(content))

    def _layer(self, media_type: str, digest: Digest, size: int) -> Layer:
        self._staged.append(digest)
        return Layer(media_type, digest, size)

    def _remote_config(self, layers: Iterable[Layer]) -> Layer:
        """Raises InvalidRequest for what only weights on this machine can have."""
        recipe = self._recipe
        for name in ("template", "adapters", "drafts", "quantize"):
            if getattr(recipe, name):
                raise InvalidRequest(f"a model on another server can't have {name}", about=Setting(name))
        for name in ("num_ctx", "num_gpu", "num_thread"):
            if getattr(recipe.parameters, name) is not None:
                raise InvalidRequest(f"the other server decides about {name}", about=Setting(name))
        config = Config(format=FORMAT, family=FORMAT, families=(FORMAT,), capabilities=CAPABILITIES)
        return self._small(media.CONFIG, config.encode(str(layer.digest) for layer in layers))

    def _config(self, layers: Sequence[Layer]) -> Layer:
        files = {layer.name: self._library.store.locate(layer.digest) for layer in layers if layer.name}
        if files:
            return self._small(media.CONFIG, pipeline_config(files).encode(str(layer.digest) for layer in layers))
        weights = [self._header(layer) for layer in layers if layer.media_type == media.WEIGHTS]
        if not weights and any(layer.media_type == media.REMOTE for layer in layers):
            return self._remote_config(layers)
        if not weights:
            raise PunaError(f"model '{self._recipe.base}' has no GGUF weights to make a model of")
        projectors = [self._header(layer) for layer in layers if layer.media_type == media.PROJECTOR]
        for draft in (self._header(layer) for layer in layers if layer.media_type == media.DRAFT):
            require_same_tokens(draft, weights[0])
        formats = self._formats()
        config = Config.of(weights[0], projectors)._replace(
            renderer=formats.get("renderer", ""),
            parser=formats.get("parser", ""),
            requires=formats.get("requires", ""),
        )
        return self._small(media.CONFIG, config.encode(str(layer.digest) for layer in layers))

    def _formats(self) -> Mapping[str, str]:
        """The names of the formats: a template of its own takes the place of those that the base has."""
        recipe = self._recipe
        for kind, names in (("renderer", NAMES), ("parser", PARSERS)):
            if recipe.formats.get(kind, names[0]) not in names:
                known = ", ".join(names)
                raise InvalidRequest(
                    f"unknown {kind} '{recipe.formats[kind]}'; known ones are {known}", about=Setting(kind)
                )
        if recipe.base is None or recipe.template is not None:
            return recipe.formats
        return {**self._library.get(recipe.base).config.format_names, **recipe.formats}

    def _header(self, layer: Layer) -> Metadata:
        known = self._headers.get(layer.digest)
        if known is None:
            path = self._library.store.path(layer.digest)
            known = Metadata.read(path if path.is_file() else self._staging.path(layer.digest))
        return known


def require_plain(recipe: Recipe) -> None:
    """Raises InvalidRequest for what only means something to a model that generates text."""
    given = {
        "template": recipe.template,
        "system": recipe.system,
        "messages": recipe.messages,
        "adapters": recipe.adapters,
        "draft_files": recipe.drafts,
        "quantize": recipe.quantize,
        **recipe.formats,
    }
    for name, value in given.items():
        if value:
            raise InvalidRequest(f"an image model can't have '{name}'", param=name)


def require_same_tokens(draft: Metadata, weights: Metadata) -> None:
    """Raises InvalidRequest where what a model drafts would mean nothing to the other one."""
    if draft.vocabulary_size is None:  # it works with the other one's tokens
        return
    kinds = {header.get("tokenizer.ggml.model") for header in (draft, weights)}
    difference = abs(draft.vocabulary_size - (weights.vocabulary_size or 0))
    if len(kinds) > 1 or difference > VOCABULARY_DIFFERENCE:
        raise InvalidRequest("DRAFT has to name a model with the same tokens", param="draft_files")


def _kind(header: Metadata) -> str:
    kind = header.values.get("general.type")
    if kind == "adapter":
        return media.ADAPTER
    return media.PROJECTOR if header.architecture == "clip" or kind == "mmproj" else media.WEIGHTS
