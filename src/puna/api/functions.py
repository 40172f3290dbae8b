"""The functions that a request offers the model as tools, as both dialects write them."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from puna.api.mistakes import invalid_value
from puna.api.no_ops import ToolHints
from puna.core.tools import Tool
from puna.http.body import Body

FunctionName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]


class Function(ToolHints):
    """A function: its name, what it is for, and the JSON Schema of its arguments."""

    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None

    def to_core(self) -> Tool:
        parameters = self.parameters or {"type": "object", "properties": {}}
        return Tool(
            name=self.name, description=self.description or "", parameters=parameters, strict=bool(self.strict)
        )


class FunctionTool(ToolHints):
    """A tool; functions are the one kind there is."""

    type: Literal["function"]
    function: Function

    @property
    def name(self) -> str:
        return self.function.name


class Name(Body):
    """A tool, by its name."""

    name: str


class NamedFunction(Body):
    """A function that has to be called."""

    type: Literal["function"]
    function: Name

    @property
    def name(self) -> str:
        return self.function.name


def check_names(names: Iterable[str], param: str) -> None:
    """Raises InvalidRequest for two tools of one name, which could not be told apart. `param` is the second one's
    place, with `{}` for its number."""
    known: set[str] = set()
    for index, name in enumerate(names):
        if name in known:
            raise invalid_value(param.format(index), f"Two tools have the name '{name}'.")
        known.add(name)
