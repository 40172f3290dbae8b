"""Request bodies: read strictly, with what is wrong said the way OpenAI says it."""

import math
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError, from_json
from starlette.requests import Request

from puna.core.errors import InvalidRequest, RequestTooLarge
from puna.http.place import located, written


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


def unsupported(reason: str) -> BeforeValidator:
    """Marks a field that other servers have: it may only be empty, for the reason given."""

    def refuse(value: Any) -> None:
        if value not in (None, False, "", []):
            raise PydanticCustomError("unsupported", "{reason}", {"reason": reason})

    return BeforeValidator(refuse)


async def read_body(request: Request, kind: type[B]) -> B:
    """The request's body, whatever its content type says.

    Raises:
        RequestTooLarge: it has more bytes than the application takes.
        InvalidRequest: it is no JSON, or not of that kind; `param` names the field.
    """
    content = await read_content(request)
    try:
        request.state.body = body = kind.model_validate_json(content)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        if problems[0]["type"] != "json_invalid":
            value = from_json(content)
            problems = [located(problem, value) for problem in problems]
        raise invalid(problems) from error
    return body


def body_of(request: Request) -> object:
    """The body that was read of a request, for the error that names a part of it; None before."""
    return getattr(request.state, "body", None)


async def read_content(request: Request) -> bytes:
    """The bytes of the request's body, kept for who reads them again.

    One that says that it is too large is refused before anything of it is read, one that does not when too much has
    come. What comes after that uvicorn reads and forgets, so that a client that first sends everything gets to read
    the answer. Raises RequestTooLarge.
    """
    if hasattr(request.state, "content"):
        kept: bytes = request.state.content
        return kept
    limit: float = request.app.state.max_request_size or math.inf
    if int(request.headers.get("content-length", 0)) > limit:
        raise RequestTooLarge(int(limit))
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise RequestTooLarge(int(limit))
        chunks.append(chunk)
    content = b"".join(chunks)
    request.state.content = content
    return content


def invalid(errors: list[ErrorDetails]) -> InvalidRequest:
    """The error that helps most: of a union's alternatives the one that was understood furthest."""
    error = max(errors, key=lambda error: (error["type"] not in TYPES, len(error["loc"])))
    param = written(error["loc"])
    if error["type"] in TYPES and param:
        alternatives = [TYPES[one["type"]] for one in errors if one["loc"] == error["loc"] and one["type"] in TYPES]
        expected = " or ".join(dict.fromkeys(alternatives))
        text = f"Invalid type for '{param}': expected {expected}, but got {name_type(error['input'])} instead."
    else:
        text = message(error, param)
    return InvalidRequest(text, param=param or None, code=code(error))


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
    if not error["loc"]:
        return f"The body of the request has to be a JSON object, but it is {name_type(given)}."
    if kind in ("missing", "union_tag_not_found"):
        return f"Missing required parameter: '{param}'."
    if kind == "extra_forbidden":
        return f"Unknown parameter: '{param}'."
    if kind == "unsupported":
        return f"Unsupported parameter: '{param}'. {error['msg']}."
    if kind in LIMITS:
        words, _, bound, sign = LIMITS[kind]
        return f"Invalid '{param}': {words}. Expected a value {sign} {context[bound]}, but got {given} instead."
    if kind == "too_long" and isinstance(given, dict):
        most = context["max_length"]
        return f"Invalid '{param}': too many properties. Expected at most {most}, but got {len(given)} instead."
    if kind in LENGTHS:
        words, sign, bound, _ = LENGTHS[kind]
        wanted = f"{sign} {context[bound]}"
        return f"Invalid '{param}': {words}. Expected a length of {wanted}, but got {len(given)} instead."
    if kind == "literal_error":
        return f"Invalid value for '{param}': {given!r}. Supported values are: {context['expected']}."
    if kind == "union_tag_invalid":
        tags = context["expected_tags"]
        return f"Invalid value for '{param}': {context['tag']!r}. Supported values are: {tags}."
    if kind == "string_pattern_mismatch":
        return f"Invalid '{param}': expected a string that matches the pattern '{context['pattern']}'."
    return f"Invalid '{param}': {error['msg']}."


def code(error: ErrorDetails) -> str | None:
    """OpenAI's machine-readable word for the error."""
    kind = error["type"]
    if kind in LIMITS:
        bound = error["ctx"][LIMITS[kind][2]]
        number = "integer" if isinstance(bound, int) else "decimal"
        return f"{number}_{LIMITS[kind][1]}"
    if kind == "too_long" and isinstance(error["input"], dict):
        return "object_above_max_properties"
    if kind in LENGTHS:
        return LENGTHS[kind][3]
    words = {
        "missing": "missing_required_parameter",
        "union_tag_not_found": "missing_required_parameter",
        "extra_forbidden": "unknown_parameter",
        "literal_error": "invalid_value",
        "union_tag_invalid": "invalid_value",
        "json_invalid": None,
        "unsupported": "unsupported_parameter",
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
