"""Custom tools, which take a text: to the model functions of one argument, `input`."""

from typing import Any

import orjson

from puna.core.tools import TextGrammar, Tool

WORDS = {"lark": "A text of this Lark grammar", "regex": "A text that this regular expression matches"}


def custom_tool(name: str, description: str | None, form: TextGrammar | None) -> Tool:
    """The function. The model reads the grammar, too, which the engine enforces."""
    text: dict[str, Any] = {"type": "string"}
    if form is not None:
        text["description"] = f"{WORDS[form.syntax]}:\n{form.definition}"
    parameters = {
        "type": "object",
        "properties": {"input": text},
        "required": ["input"],
        "additionalProperties": False,
    }
    return Tool(name=name, description=description or "", parameters=parameters, strict=True, text=form)


def custom_arguments(text: str) -> str:
    """The arguments of a call with that text."""
    return orjson.dumps({"input": text}).decode()
