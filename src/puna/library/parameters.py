"""What a Modelfile's PARAMETER lines set."""

import math
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self, cast, get_args, get_type_hints

from puna.core.errors import InvalidRequest
from puna.core.sampling import Sampling

Value = int | float | bool | tuple[str, ...]

# Ollama took these once and ignores them today; a file that has them is still read.
OBSOLETE = frozenset(
    {
        "embedding_only",
        "f16_kv",
        "logits_all",
        "low_vram",
        "num_gqa",
        "numa",
        "penalize_newline",
        "rope_frequency_base",
        "rope_frequency_scale",
        "tfs_z",
        "use_mlock",
        "vocab_only",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """A model's own values for loading and sampling. None means that the model says nothing about it.

    Names and meanings are Ollama's (docs/modelfile.md and `Options` in api/types.go).
    """

    num_ctx: int | None = None
    num_batch: int | None = None
    num_gpu: int | None = None
    main_gpu: int | None = None
    use_mmap: bool | None = None
    num_thread: int | None = None
    draft_num_predict: int | None = None
    num_keep: int | None = None
    seed: int | None = None
    num_predict: int | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    typical_p: float | None = None
    repeat_last_n: int | None = None
    temperature: float | None = None
    repeat_penalty: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    mirostat: int | None = None
    mirostat_tau: float | None = None
    mirostat_eta: float | None = None
    stop: tuple[str, ...] | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read the JSON object that a manifest's params layer or a request's `options` holds.

        Raises InvalidRequest for a name that is unknown or a value of another type.
        """
        given = {name: value for name, value in document.items() if name not in OBSOLETE}
        known = {name: _checked(name, _typed(name, value)) for name, value in given.items()}
        return cls(**{name: value for name, value in known.items() if value is not None})

    @classmethod
    def from_text(cls, lines: Iterable[tuple[str, str]]) -> Self:
        """Read the names and texts of PARAMETER lines; each `stop` adds one, of others the last counts.

        Raises InvalidRequest for a name that is unknown or a text that is no value of it.
        """
        values: dict[str, Any] = {}
        for name, text in lines:
            if name == "stop":
                values["stop"] = (*values.get("stop", ()), *_checked(name, (text,)))
            elif name not in OBSOLETE:
                values[name] = _checked(name, _read(name, text))
        return cls(**values)

    def to_json(self) -> dict[str, int | float | bool | list[str]]:
        """The values that are set, as a params layer holds them."""
        document: dict[str, int | float | bool | list[str]] = {}
        for name, value in self.items():
            document[name] = list(value) if isinstance(value, tuple) else value
        return document

    def items(self) -> Iterable[tuple[str, Value]]:
        """Name and value of what is set."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                yield field.name, value

    @property
    def sampling(self) -> Sampling:
        """Those that are about sampling, in the core's terms. Ollama's -1, a seed of its own for each answer
        and no limit of tokens, is no number there."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            min_p=self.min_p,
            typical_p=self.typical_p,
            frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
            repeat_penalty=self.repeat_penalty,
            repeat_last_n=self.repeat_last_n,
            seed=None if self.seed == -1 else self.seed,
            stop=self.stop or None,
            max_tokens=None if (self.num_predict or 0) < 0 else self.num_predict,
        )

    def check(self) -> None:
        """Raises InvalidRequest for what no engine does, or can do."""
        if self.mirostat:
            raise _refused("mirostat", "parameter 'mirostat' is not supported")
        if self.num_ctx is not None and self.num_ctx < 1:
            raise _refused("num_ctx", f"parameter 'num_ctx' has to be above 0, not {self.num_ctx}")

    @staticmethod
    def kinds() -> Mapping[str, type]:
        """Every parameter's name, and the type of its value: a tuple for several texts."""
        return _KINDS

    def over(self, base: "Parameters") -> "Parameters":
        """These values, and `base`'s where these say nothing."""
        return replace(base, **cast("dict[str, Any]", dict(self.items())))


def _kinds() -> dict[str, type]:
    kinds: dict[str, type] = {}
    for name, hint in get_type_hints(Parameters).items():
        kind = next(option for option in get_args(hint) if option is not types.NoneType)
        kinds[name] = kind if isinstance(kind, type) else tuple
    return kinds


_KINDS = _kinds()


def _refused(name: str, message: str) -> InvalidRequest:
    from puna.core.subjects import Setting  # lists do without it

    return InvalidRequest(message, about=Setting(name))


def _kind(name: str) -> type:
    try:
        return _KINDS[name]
    except KeyError:
        near = meant(name)
        hint = f" (did you mean '{near}'?)" if near else ""
        raise _refused(name, f"unknown parameter '{name}'{hint}") from None


def meant(name: str) -> str | None:
    """The parameter whose name is nearly this one, if there is one."""
    from difflib import get_close_matches  # lists do without it

    return next(iter(get_close_matches(name, _KINDS, 1, 0.8)), None)


def _typed(name: str, value: Any) -> Any:
    kind = _kind(name)
    if value is None:
        return None
    if kind is tuple:
        texts = [value] if isinstance(value, str) else value
        if isinstance(texts, list | tuple) and all(isinstance(text, str) for text in texts):
            return tuple(texts)
    elif kind is bool:
        if isinstance(value, bool):
            return value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if kind is float:
            return float(value)
        if isinstance(value, int) or value.is_integer():  # infinity is none
            return int(value)
    raise _wrong(name, value)


def _read(name: str, text: str) -> Any:
    kind = _kind(name)
    if kind is bool:
        if text.lower() in ("1", "t", "true"):
            return True
        if text.lower() in ("0", "f", "false"):
            return False
        raise _wrong(name, text)
    try:
        return kind(text)
    except ValueError:
        raise _wrong(name, text) from None


def _checked(name: str, value: Any) -> Any:
    """The value, if an engine can take it."""
    if isinstance(value, float) and not math.isfinite(value):
        raise _wrong(name, value)
    if name == "repeat_penalty" and value is not None and value <= 0:
        raise _refused(name, f"parameter '{name}' has to be above 0, not {value}")
    least, most = LIMITS.get(name, (-math.inf, math.inf))
    if value is not None and name in LIMITS and not least <= value <= most:
        raise _refused(name, f"parameter '{name}' has to be from {least} to {most}, not {value}")
    if name == "stop" and "" in (value or ()):
        raise _refused(name, "parameter 'stop' must not be empty")
    return value


LIMITS = {"repeat_last_n": (-1, 2**31 - 1), "num_thread": (-1, 512), "draft_num_predict": (0, 1024)}
"""What llama.cpp can take, where it is less than what a number can be."""


def _wrong(name: str, value: Any) -> InvalidRequest:
    expected = {int: "a whole number", float: "a number", bool: "true or false", tuple: "a text"}[_kind(name)]
    return _refused(name, f"parameter '{name}' has to be {expected}, not {value!r}")
