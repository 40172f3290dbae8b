"""What a model is to be made of, with every name and path looked up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Self

from puna.core.errors import InvalidRequest
from puna.core.remote import Remote
from puna.formats.pipeline import INDEX
from puna.library.model import Example
from puna.library.modelfile import Modelfile, ModelfileError
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from puna.library.remote import located, require_encrypted

MAGIC = b"GGUF"
"""What a GGUF file begins with."""
_PATH = re.compile(r"[.~]{1,2}[/\\]|[/\\]|[A-Za-z]:[/\\]|.*\.(gguf|bin|safetensors)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The parts of a model that is to be made: another model, or files, and what is set on top.

    `files`, `adapters` and `drafts` are GGUF files by the names that errors call them (of drafts there is one at the
    most, the model that drafts for this one); `folder` holds safetensors. What is None or empty is taken from `base`,
    where there is one. `quantize` names a type for the weights: Q8_0. `remote` is where the model runs elsewhere,
    with none of the others as a base where it does so only.
    """

    base: ModelName | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    folder: Path | None = None
    adapters: Mapping[str, Path] = field(default_factory=dict)
    drafts: Mapping[str, Path] = field(default_factory=dict)
    parameters: Parameters = field(default_factory=Parameters)
    template: str | None = None
    system: str | None = None
    messages: tuple[Example, ...] = ()
    licenses: tuple[str, ...] = ()
    quantize: str | None = None
    formats: Mapping[str, str] = field(default_factory=dict)
    remote: Remote | None = None

    @classmethod
    def of(cls, modelfile: Modelfile, folder: Path, quantize: str | None = None, *, insecure: bool = False) -> Self:
        """What a Modelfile says; its paths are relative to `folder`, the Modelfile's own. `insecure` allows addresses
        without encryption.

        Raises InvalidRequest where a path is not there, or the sources don't go together.
        """
        if modelfile.remote:
            require_encrypted(modelfile.remote.addresses, insecure=insecure)
        names: list[ModelName] = []
        files: dict[str, Path] = {}
        folders: list[Path] = []
        for source, line in zip_longest(modelfile.sources, modelfile.source_lines, fillvalue=0):
            try:
                path = _existing(str(source), folder)
                if path is None:
                    names.append(ModelName.parse(str(source)))
                elif path.is_dir():
                    folders.append(_checkpoint(str(source), path))
                else:
                    files[str(source)] = _gguf(str(source), path, "from")
            except InvalidRequest as error:
                raise ModelfileError(int(line), error.message) from error
        here = len(names) + len(folders) + bool(files)
        if here > 1 or not (here or modelfile.remote):
            raise InvalidRequest("FROM has to name one model, one folder, or files that belong together")
        return cls(
            base=names[0] if names else None,
            files=files,
            folder=folders[0] if folders else None,
            adapters={name: _file("adapter", name, folder, "adapters") for name in modelfile.adapters},
            drafts={modelfile.draft: _file("draft", modelfile.draft, folder, "draft_files")}
            if modelfile.draft
            else {},
            parameters=modelfile.parameters,
            template=modelfile.template,
            system=modelfile.system,
            messages=modelfile.messages,
            licenses=modelfile.licenses,
            quantize=quantize,
            formats=modelfile.formats,
            remote=located(modelfile.remote, folder) if modelfile.remote else None,
        )


def _existing(source: str, folder: Path) -> Path | None:
    """The file or folder that is meant; None for a model's name. Raises InvalidRequest if missing."""
    path = folder / Path(source).expanduser()
    holds_model = (path / INDEX).is_file() or any(path.glob("*.safetensors"))
    if path.exists() and (path.is_file() or _PATH.match(source) or holds_model):
        return path
    if _PATH.match(source):
        raise InvalidRequest(f"there is no file or folder '{source}' in {folder}", param="from")
    return None


def _file(what: str, source: str, folder: Path, field: str) -> Path:
    path = folder / Path(source).expanduser()
    if not path.exists():
        raise InvalidRequest(f"there is no {what} '{source}' in {folder}", param=field)
    return _gguf(source, path, field)


def _gguf(source: str, path: Path, field: str) -> Path:
    """The path, if it is a GGUF file. Of anything else no byte is sent anywhere. Raises InvalidRequest."""
    if not path.is_file():  # a device or a pipe might have no end
        raise InvalidRequest(f"'{source}' is not a file", param=field)
    try:
        with path.open("rb") as file:
            begins = file.read(len(MAGIC))
    except OSError as error:
        raise InvalidRequest(f"'{source}' can't be read: {error.strerror}", param=field) from error
    if begins != MAGIC:
        raise InvalidRequest(f"'{source}': not a GGUF file", param=field)
    return path


def _checkpoint(source: str, path: Path) -> Path:
    """The path, if it is a folder with a model in it. Raises InvalidRequest."""
    if (path / INDEX).is_file():
        return path
    if not (path / "config.json").is_file() or not any(path.glob("*.safetensors")):
        message = (
            f"'{source}' is not a model: a folder needs a config.json and the weights in *.safetensors, "
            f"or, for images, a {INDEX}"
        )
        raise InvalidRequest(message, param="from")
    return path
