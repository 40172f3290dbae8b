"""What a model may call, and whether it has to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class TextGrammar:
    """The form of a text: a regular expression for the whole of it, or a grammar in Lark's language."""

    syntax: Literal["lark", "regex"]
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function. `parameters` is the JSON Schema of its arguments; `strict` wants arguments that always fit it.

    With `text` the function takes one argument, `input`, a text of that form.
    """

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    strict: bool = False
    text: TextGrammar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoice:
    """Whether a tool is called, and which may be. `names` None means any of the request's tools.

    A named function is `required` with that one name; OpenAI's `allowed_tools` is `auto` or `required` with several.
    """

    mode: Literal["none", "auto", "required"] = "auto"
    names: tuple[str, ...] | None = None
