"""The form an answer has to have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from puna.core.tools import TextGrammar


@dataclass(frozen=True, slots=True)
class FreeText:
    """Whatever the model writes."""


@dataclass(frozen=True, slots=True)
class JsonObject:
    """Any JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonSchema:
    """JSON that fits a schema, always: the engine's grammar makes it so."""

    schema: Mapping[str, Any]
    name: str = "answer"


@dataclass(frozen=True, slots=True)
class FormedText:
    """A text of a form, always."""

    form: TextGrammar


Format = FreeText | JsonObject | JsonSchema | FormedText
