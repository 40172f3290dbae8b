"""Request bodies: read strictly, with what is wrong said the way OpenAI says it."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from starlette.requests import Request

from puna.core.errors import InvalidRequest


class Body(BaseModel):
    """A JSON object of a request. A field that is not declared is refused, never ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Given(Body):
    """What a client may have got from here and gives back. The `openai` package's models write all fields that they
    know: one that is null says nothing, whether it is declared here or not."""

    @model_validator(mode="before")
    @classmethod
    def without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


def writable(value: Any) -> Any:
    """The value, if it can be written as JSON again."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as members:
                waiting += members.values()
            case list() as elements:
                waiting += elements
            case int(number) if not -(2**63) <= number < 2**64:
                raise PydanticCustomError("integer_size", "{number} has more than 64 bits", {"number": number})
    return value


WritableObject = Annotated[dict[str, Any], AfterValidator(writable)]
"""A JSON object that goes on to the engine or back to the client as it is, such as a JSON Schema."""

B = TypeVar("B", bound=Body)


async def read_body(request: Request, kind: type[B]) -> B:
    """The request's body, whatever its content type says.

    Raises:
        InvalidRequest: it is no JSON, or not of that kind; `param` names the field.
    """
    content = await request.body()
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        raise invalid([without_tags(problem, content) for problem in problems]) from error


def without_tags(error: ErrorDetails, content: bytes) -> ErrorDetails:
    """The error without the tags in its place: of a union's alternative pydantic puts the `type` it chose it by."""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return error
    return {**error, "loc": tuple(real_steps(error["loc"], value))}


def real_steps(steps: Sequence[int | str], value: Any) -> Iterator[int | str]:
    """The steps that lead on in the value, and those that say what is missing in its last object. A field may be
    called as the tag is: `{"type": "function", "function": {…}}`. Then what follows tells the two apart."""
    tagged = False
    for step, following in zip_longest(steps, steps[1:]):
        named = isinstance(value, dict) and value.get("type") == step and not tagged
        if named and (step not in value or following == step or following in value):
            tagged = True
            continue
        yield step
        tagged = False
        inside = isinstance(value, dict) and step in value
        inside = inside or (isinstance(value, list) and isinstance(step, int) and step < len(value))
        value = value[step] if inside else value


def invalid(errors: list[ErrorDetails]) -> InvalidRequest:
    """The error that helps most: of a union's alternatives the one that was understood furthest."""
    error = max(errors, key=lambda error: (error["type"] not in TYPES, len(error["loc"]) + (error["type"] in TAGS)))
    param = path(error)
    return InvalidRequest(message(error, param), param=param or None, code=code(error))


def path(error: ErrorDetails) -> str:
    """Where the error is, as `messages[0].content`. What pydantic adds to name a union's alternative is left out."""
    result = ""
    for step in error["loc"]:
        if isinstance(step, int):
            result += f"[{step}]"
        elif step.isidentifier() and step not in ALTERNATIVES and not step[0].isupper():
            result += f".{step}" if result else step
    if error["type"] in TAGS:
        result += "." + error["ctx"]["discriminator"].strip("'")
    return result


TAGS = frozenset({"union_tag_invalid", "union_tag_not_found"})
"""pydantic's errors about the field that says which of a union's alternatives is meant."""

ALTERNATIVES = frozenset({"str", "int", "float", "bool"})
"""Names under which pydantic reports the alternatives of a union of plain types; those of models are capitalized."""

TYPES = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "a boolean",
    "list_type": "an array",
    "tuple_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
"""pydantic's type errors, and what was expected."""

LIMITS = {
    "greater_than_equal": ("below minimum value", "below_min_value", "ge", ">="),
    "less_than_equal": ("above maximum value", "above_max_value", "le", "<="),
    "greater_than": ("below minimum value", "below_min_value", "gt", ">"),
    "less_than": ("above maximum value", "above_max_value", "lt", "<"),
}
"""pydantic's range errors in OpenAI's words."""


LENGTHS = {
    "too_short": ("array too short", "at least", "min_length", "array_below_min_length"),
    "too_long": ("array too long", "at most", "max_length", "array_above_max_length"),
    "string_too_short": ("string too short", "at least", "min_length", "string_below_min_length"),
    "string_too_long": ("string too long", "at most", "max_length", "string_above_max_length"),
}
"""pydantic's length errors in OpenAI's words."""


def message(error: ErrorDetails, param: str) -> str:
    """A sentence in OpenAI's manner."""
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "json_invalid":
        return f"We could not parse the JSON body of your request: {context['error']}."
    if not param:
        return f"The body of the request has to be a JSON object, but it is {name_type(given)}."
    if kind in ("missing", "union_tag_not_found"):
        return f"Missing required parameter: '{param}'."
    if kind == "extra_forbidden":
        return f"Unknown parameter: '{param}'."
    if kind in TYPES:
        return f"Invalid type for '{param}': expected {TYPES[kind]}, but got {name_type(given)} instead."
    if kind in LIMITS:
        words, _, bound, sign = LIMITS[kind]
        return f"Invalid '{param}': {words}. Expected a value {sign} {context[bound]}, but got {given} instead."
    if kind in LENGTHS:
        words, sign, bound, _ = LENGTHS[kind]
        wanted = f"{sign} {context[bound]}"
        return f"Invalid '{param}': {words}. Expected a length of {wanted}, but got {len(given)} instead."
    if kind == "literal_error":
        return f"Invalid value for '{param}': {given!r}. Supported values are: {context['expected']}."
    if kind == "union_tag_invalid":
        tags = context["expected_tags"]
        return f"Invalid value for '{param}': {context['tag']!r}. Supported values are: {tags}."
    return f"Invalid '{param}': {error['msg']}."


def code(error: ErrorDetails) -> str | None:
    """OpenAI's machine-readable word for the error."""
    kind = error["type"]
    if kind in LIMITS:
        bound = error["ctx"][LIMITS[kind][2]]
        number = "integer" if isinstance(bound, int) else "decimal"
        return f"{number}_{LIMITS[kind][1]}"
    if kind in LENGTHS:
        return LENGTHS[kind][3]
    words = {
        "missing": "missing_required_parameter",
        "union_tag_not_found": "missing_required_parameter",
        "extra_forbidden": "unknown_parameter",
        "literal_error": "invalid_value",
        "union_tag_invalid": "invalid_value",
        "json_invalid": None,
    }
    return words.get(kind, "invalid_type" if kind in TYPES else "invalid_value")


def name_type(value: Any) -> str:
    """What JSON calls the type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"
