"""What a llama-server without llguidance is given of a schema."""

import json
from typing import Any

import pytest

from puna.core.errors import InvalidRequest
from puna.core.formats import JsonSchema
from puna.core.requests import ChatRequest
from puna.core.tools import Tool, ToolChoice
from puna.engines.llama.grammar.compiled import compile_answer
from puna.engines.llama.grammar.constraint import chat_constraint
from puna.engines.llama.grammar.plan import Compiled, Guidance, Plan
from puna.engines.llama.markup import PUNA_SHAPE

NESTED = {"type": "string", "pattern": "^((x{0,99}){0,99})$"}


def given(schema: dict[str, Any]) -> dict[str, Any]:
    compiled = compile_answer(Plan(form=JsonSchema(schema=schema), guidance=Guidance.NONE))
    assert isinstance(compiled, Compiled)
    assert compiled.unheld
    result: dict[str, Any] = json.loads(compiled.grammar)
    return result


@pytest.mark.parametrize(
    ("schema", "plain"),
    [
        (NESTED, {"type": "string"}),
        ({"type": "string", "pattern": r"\w*" * 200}, {"type": "string"}),
        ({"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"}, {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"}),
        ({"type": "string", "pattern": "^[a-z]{9999}$"}, {"type": "string"}),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}),
        ({"type": "string", "format": "email"}, {"type": "string"}),
        ({"type": "string", "minLength": 3, "maxLength": 10**6}, {"type": "string", "minLength": 3}),
        ({"type": "array", "maxItems": 5000, "items": NESTED}, {"type": "array", "items": {"type": "string"}}),
        ({"enum": ["a", 2**70]}, {"enum": ["a"]}),
        ({"enum": [f"v{number}" for number in range(1000)]}, {}),
        ({"type": "integer", "maximum": 2**60}, {"type": "integer"}),
        (
            {"type": "object", "properties": {"a": NESTED, "b": {"type": "null"}}, "required": ["b"]},
            {
                "type": "object",
                "properties": {"a": {"type": "string"}, "b": {"type": "null"}},
                "required": ["b"],
                "additionalProperties": False,
            },
        ),
    ],
)
def test_it_is_given_what_costs_its_only_loop_little(schema: dict[str, Any], plain: dict[str, Any]) -> None:
    assert given(schema) == plain


async def test_it_is_not_asked_for_calls() -> None:
    tool = Tool(name="f", description="", parameters={"type": "object"})
    request = ChatRequest(messages=(), tools=(tool,), tool_choice=ToolChoice(mode="required"))
    with pytest.raises(InvalidRequest, match="without llguidance"):
        await chat_constraint(request, PUNA_SHAPE, None, begun=False, control={}, guidance=Guidance.NONE)
