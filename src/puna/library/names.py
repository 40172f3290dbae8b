"""The name of a model, as Ollama and its registry write it."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Self

from puna.core.errors import InvalidRequest
from puna.library.digest import Digest

DEFAULT_HOST = "registry.ollama.ai"
DEFAULT_NAMESPACE = "library"
DEFAULT_TAG = "latest"

# The characters and lengths are Ollama's (types/model/name.go): a part starts with a letter, a digit or an
# underscore, so that no part can be `.` or `..`, and none contains a slash.
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}")
_NAMESPACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,79}")
_MODEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
_TAG = _MODEL


@dataclass(frozen=True, slots=True, eq=False)
class ModelName:
    """A complete model name: every part is there and valid, so `path` stays inside the folder it is put in.

    Names that differ in case only are equal, as they are for Ollama. `digest` pins the name to one manifest.
    `scheme` is how the registry is reached, where the name says so; it is no part of the name's identity.
    """

    model: str
    tag: str = DEFAULT_TAG
    namespace: str = DEFAULT_NAMESPACE
    host: str = DEFAULT_HOST
    digest: Digest | None = None
    scheme: str | None = None

    def __post_init__(self) -> None:
        for part, value, pattern in (
            ("host", self.host, _HOST),
            ("namespace", self.namespace, _NAMESPACE),
            ("model", self.model, _MODEL),
            ("tag", self.tag, _TAG),
        ):
            if pattern.fullmatch(value) is None:
                raise _invalid(self.written, f"bad {part} {value[:100]!r}")
        if self.scheme not in (None, "https", "http"):
            raise _invalid(self.written, f"bad scheme {self.scheme!r}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `[[scheme://]host/][namespace/]model[:tag][@sha256:…]`; what is missing gets Ollama's default.

        Raises InvalidRequest, which names the part that is wrong.
        """
        rest, at, digest = text.partition("@")
        scheme, separator, after = rest.partition("://")
        if separator:
            rest = after
        # A colon before the last slash belongs to the host's port.
        slash = rest.rfind("/")
        path, colon, tag = rest[slash + 1 :].partition(":")
        parts = rest[: slash + 1].rsplit("/", 2)[:-1] if slash >= 0 else []
        if any(not part for part in parts) or len(parts) > 2 or (separator and len(parts) < 2):
            raise _invalid(text, "it has to be [host/][namespace/]model[:tag]")
        if len(parts) == 1 and "." in parts[0]:
            raise _invalid(text, f"a name on {parts[0]} needs a user: {parts[0]}/USER/{path}")
        return cls(
            model=path,
            tag=tag if colon else DEFAULT_TAG,
            namespace=parts[-1] if parts else DEFAULT_NAMESPACE,
            host=parts[-2] if len(parts) == 2 else DEFAULT_HOST,
            digest=_digest(text, digest) if at else None,
            scheme=scheme if separator else None,
        )

    @classmethod
    def of_path(cls, host: str, namespace: str, model: str, tag: str) -> Self | None:
        """The name whose manifest lies at these four path parts, or None where no name has that path."""
        try:
            return cls(model=model, tag=tag, namespace=namespace, host=host)
        except InvalidRequest:
            return None

    @property
    def path(self) -> PurePosixPath:
        """Where the manifest lies, relative to the store's `manifests` folder."""
        return PurePosixPath(self.host, self.namespace, self.model, self.tag)

    @property
    def repository(self) -> str:
        """`namespace/model`, which a registry calls a repository."""
        return f"{self.namespace}/{self.model}"

    @property
    def written(self) -> str:
        """All four parts: `host/namespace/model:tag`."""
        return f"{self.host}/{self.namespace}/{self.model}:{self.tag}"

    @property
    def key(self) -> str:
        """What two names have in common that are the same model."""
        return self.written.lower()

    def __str__(self) -> str:
        """The short form that people read, always with the tag: `llama3.2:latest`."""
        name = f"{self.model}:{self.tag}"
        if self.host.lower() != DEFAULT_HOST:
            return f"{self.host}/{self.namespace}/{name}"
        if self.namespace.lower() != DEFAULT_NAMESPACE:
            return f"{self.namespace}/{name}"
        return name

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ModelName):
            return NotImplemented
        return self.key == other.key and self.digest == other.digest

    def __hash__(self) -> int:
        return hash((self.key, self.digest))


def _digest(text: str, digest: str) -> Digest:
    try:
        return Digest.parse(digest)
    except InvalidRequest as error:
        raise _invalid(text, str(error)) from error


def _invalid(text: str, problem: str) -> InvalidRequest:
    from puna.core.subjects import RequestedModel  # lists do without it

    return InvalidRequest(
        f"invalid model name {text[:200]!r}: {problem}", about=RequestedModel(), code="invalid_model_name"
    )
