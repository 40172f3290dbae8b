import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from puna.http.body import Body, Lenient, invalid
from puna.http.location import with_real_location


class Named(Body):
    name: str


class Function(Body):
    type: Literal["function"]
    function: Named


class Custom(Body):
    type: Literal["custom"]
    custom: Named


class NamedAgain(Lenient):
    name: str


class Again(Body):
    again: list[NamedAgain]


class Tools(Body):
    tools: list[Annotated[Function | Custom, Field(discriminator="type")]]
    stop: str | list[str] | None = None


@pytest.mark.parametrize(
    ("tool", "param", "code"),
    [
        ({"type": "x"}, "tools[0].type", "invalid_value"),
        ({}, "tools[0].type", "missing_required_parameter"),
        ({"type": "function"}, "tools[0].function", "missing_required_parameter"),
        ({"type": "function", "function": {}}, "tools[0].function.name", "missing_required_parameter"),
        ({"type": "function", "function": {"name": 1}}, "tools[0].function.name", "invalid_type"),
        ({"type": "function", "function": {"name": "x"}, "strict": 1}, "tools[0].strict", "unknown_parameter"),
        ({"type": "function", "function": {"name": "x", "function": 1}}, "tools[0].function.function", None),
        ({"type": "custom", "custom": {"name": "x"}, "a b": 1}, "tools[0].a b", "unknown_parameter"),
        (3, "tools[0]", "invalid_type"),
    ],
)
def test_a_place_is_one_of_the_body_whatever_a_tag_is_called(tool: Any, param: str, code: str | None) -> None:
    error = refusal({"tools": [tool]})
    assert error.param == param
    assert code in (None, error.code)


def test_of_a_unions_alternatives_the_value_says_which_was_meant() -> None:
    assert refusal({"tools": [], "stop": ["a", 5]}).param == "stop[1]"
    assert refusal({"tools": [], "stop": 5}).param == "stop"


def test_what_is_null_and_counts_as_absent_is_missing_in_its_place() -> None:
    problem = refusal({"again": [{"name": None}]}, Again)
    assert (problem.param, problem.code) == ("again[0].name", "missing_required_parameter")


def refusal(body: Any, kind: type[Body] = Tools) -> Any:
    """How the body is refused."""
    with pytest.raises(ValidationError) as raised:
        kind.model_validate_json(json.dumps(body))
    return invalid([with_real_location(problem, body) for problem in raised.value.errors(include_url=False)])
