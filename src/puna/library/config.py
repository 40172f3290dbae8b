"""The config blob of a model: what lists show about it, without a look into its weights."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import orjson

if TYPE_CHECKING:
    from puna.formats.gguf import Metadata

_SCALES = ((10**9, "B", 1), (10**6, "M", 2), (10**3, "K", 0))


class Config(NamedTuple):
    """Format, family, size and quantisation of a model, as Ollama's config blobs hold them, and what it can be asked
    for where its format does not tell. `renderer` and `parser` name the format of its prompts and answers, `requires`
    is the version of Ollama that knows them."""

    format: str = ""
    family: str = ""
    families: tuple[str, ...] = ()
    parameter_size: str = ""
    quantization: str = ""
    capabilities: tuple[str, ...] = ()
    renderer: str = ""
    parser: str = ""
    requires: str = ""

    @classmethod
    def of(cls, weights: "Metadata", projectors: "Iterable[Metadata]" = ()) -> Self:
        """What GGUF headers say."""
        families = [weights.architecture, *(projector.architecture for projector in projectors)]
        return cls(
            format="gguf",
            family=weights.architecture,
            families=tuple(dict.fromkeys(families)),
            parameter_size=count_text(weights.parameter_count),
            quantization=weights.file_type,
        )

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a config blob; what a foreign registry leaves out stays empty."""
        try:
            document = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return cls()
        if not isinstance(document, dict):
            return cls()
        return cls(
            format=_text(document, "model_format"),
            family=_text(document, "model_family"),
            families=_texts(document, "model_families"),
            parameter_size=_text(document, "model_type"),
            quantization=_text(document, "file_type"),
            capabilities=_texts(document, "capabilities"),
            renderer=_text(document, "renderer"),
            parser=_text(document, "parser"),
            requires=_text(document, "requires"),
        )

    @classmethod
    def of_list(cls, fields: "Iterable[Any]") -> Self:
        """The config whose fields those are, as JSON has them."""
        kind, family, families, parameter_size, quantization, capabilities, *rest = fields
        return cls(kind, family, tuple(families), parameter_size, quantization, tuple(capabilities), *rest)

    @property
    def format_names(self) -> dict[str, str]:
        """What is said of the format of prompts and answers, by the names that Ollama has for it."""
        return {"renderer": self.renderer, "parser": self.parser, "requires": self.requires}

    def encode(self, diff_ids: Iterable[str] = ()) -> bytes:
        """The blob. `diff_ids` are the layers' digests, which the container image format asks for."""
        return orjson.dumps(
            {
                "model_format": self.format,
                "model_family": self.family,
                "model_families": list(self.families),
                "model_type": self.parameter_size,
                "file_type": self.quantization,
                **({"capabilities": list(self.capabilities)} if self.capabilities else {}),
                **{name: value for name, value in self.format_names.items() if value},
                "architecture": "amd64",
                "os": "linux",
                "rootfs": {"type": "layers", "diff_ids": list(diff_ids)},
            }
        )


def count_text(count: int) -> str:
    """A number of weights as Ollama shows it: 8B, 3.2B, 22.57M, 512K."""
    for scale, unit, decimals in _SCALES:
        if count >= scale:
            return f"{count / scale:.{decimals if count % scale else 0}f}{unit}"
    return str(count)


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _texts(document: dict[str, Any], key: str) -> tuple[str, ...]:
    values = document.get(key)
    return tuple(map(str, values)) if isinstance(values, list) else ()
