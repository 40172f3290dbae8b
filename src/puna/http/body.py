"""Request bodies: read strictly, with what is wrong said the way OpenAI says it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, from_json
from starlette.requests import Request

from puna.core.errors import InvalidRequest
from puna.http.admission import require
from puna.http.encoding import decompress, is_plain
from puna.http.limits import Limits
from puna.http.location import dotted, shown, with_real_location
from puna.http.memory import LARGE, return_after

AT_ONCE = 2**14
"""How many bytes are read between two other things; what is larger is read in a thread."""


def fail_fast(schema: Any) -> None:
    """Have every list of a schema be read until its first mistake: a body of a megabyte may have a hundred thousand,
    and a client is told of one."""
    waiting = [schema]
    while waiting:
        match waiting.pop():
            case dict() as found:
                if found.get("type") in ("list", "tuple", "set", "frozenset"):
                    found["fail_fast"] = True
                waiting += found.values()
            case list() | tuple() as several:
                waiting += several


class Body(BaseModel):
    """A JSON object of a request. A field that is not declared is refused, never ignored.

    `media` is whether pictures or sound may be in it, so that it may be larger than a text.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)
    media: ClassVar[bool] = False

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        fail_fast(schema)
        return schema


def build(kind: type[Body]) -> None:
    """Make the validators of all bodies of that kind. Each is made when it is first used otherwise, which takes up to
    a tenth of a second: too long where others wait, and nothing where a process is to answer a first request soon."""
    for inner in kind.__subclasses__():
        inner.model_rebuild()
        build(inner)


class Lenient(Body):
    """What a client may have got from here and gives back. The `openai` package's models write all fields that they
    know: one that is null says nothing, whether it is declared here or not."""

    @model_validator(mode="before")
    @classmethod
    def without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


B = TypeVar("B", bound=Body)
T = TypeVar("T")


def unsupported(reason: str) -> BeforeValidator:
    """Marks a field that other servers have: it may only be empty, for the reason given."""

    def refuse(value: Any) -> None:
        if value not in (None, False, "", []):
            raise PydanticCustomError("unsupported", "{reason}", {"reason": reason})

    return BeforeValidator(refuse)


READERS = ThreadPoolExecutor(1, thread_name_prefix="bodies")
"""A thread of their own, so that no body waits for an upload or for a model in the making. Two would be no sooner
done, as Python runs one at a time, and the event loop would have to wait for both."""


async def in_thread(work: Callable[[], T]) -> T:
    """Do it beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(READERS, work)


async def read_body(request: Request, kind: type[B]) -> B:
    """The request's body, whatever content type it says it is.

    Raises:
        InvalidRequest: it is no JSON, or not of that kind, or has too much in it; `param` names the field.
    """
    document = await read_document(request, media=kind.media)
    at_once = len(document.content) <= AT_ONCE
    body = document.read(kind) if at_once else await in_thread(lambda: document.read(kind))
    for name in ("model", "name", "source", "destination"):
        if isinstance(model := getattr(body, name, None), str):
            require(request, model)
    request.state.body = body
    return body


def body_of(request: Request) -> object:
    """The body that was read of a request, for the error that names a part of it; None before."""
    return getattr(request.state, "body", None)


async def read_document(request: Request, *, media: bool) -> "Document":
    """The request's body as JSON, kept for who reads it again. `media` is whether pictures or sound may be in it.

    Raises InvalidRequest for one that has too much in it; one that is no JSON is only refused when it is read.
    """
    if not hasattr(request.state, "document"):
        limits: Limits = request.app.state.limits
        await keep_document(request, await read_content(request, limits, media=media))
    found: Document = request.state.document
    return found


async def keep_document(request: Request, content: bytes) -> None:
    """Have those bytes be the request's body. Raises InvalidRequest where it has too much in it."""
    request.state.document = await checked(content, request.app.state.limits)


async def checked(content: bytes, limits: Limits) -> "Document":
    """Those bytes as a document, which a thread reads where they are many. Raises InvalidRequest where it has too
    much in it."""
    document = Document(content, limits)
    if len(content) >= LARGE:
        return_after(document)
    if len(content) > AT_ONCE:
        await in_thread(document.check)
    else:
        document.check()
    return document


class Document:
    """A body that is meant to be JSON."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        self.content = content
        self._limits = limits

    @cached_property
    def value(self) -> Any:
        """What it says; None where it is no JSON."""
        try:
            return from_json(self.content)
        except ValueError:
            return None

    def check(self) -> None:
        """Raises InvalidRequest where it has too much in it."""
        self._limits.check_count(self.content)
        self._limits.check(self.value, len(self.content))

    def read(self, kind: type[B]) -> B:
        """The body that it is. Raises InvalidRequest where it is none."""
        try:
            return kind.model_validate_json(self.content)
        except ValidationError as error:
            problems = error.errors(include_url=False)
            if problems[0]["type"] != "json_invalid":
                problems = [with_real_location(problem, self.value) for problem in problems]
            raise invalid(problems) from error


async def read_content(request: Request, limits: Limits, *, media: bool) -> bytes:
    """The bytes of the request's body.

    One that says that it is too large is refused before anything of it is read, one that does not when too much has
    come. What comes after that uvicorn reads and forgets, so that a client that first sends everything gets to read
    the answer. A compressed one may be no larger than another when it is decompressed. Raises RequestTooLarge, or
    TextTooLarge where only one without pictures is.
    """
    limits.check_size(int(request.headers.get("content-length", 0)), media=media)
    plain = is_plain(request.headers.get("content-encoding", ""))
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        limits.check_size(size, media=media)
        chunks.append(chunk)
    content = b"".join(chunks)
    if plain:
        return content
    most = limits.request if media else min(filter(None, (limits.request, limits.text)), default=None)
    content = await in_thread(lambda: decompress(content, most))
    limits.check_size(len(content), media=media)
    return content


def invalid(errors: list[ErrorDetails]) -> InvalidRequest:
    """The error that helps most: of a union's alternatives the one that was understood furthest."""
    error = max(errors, key=understood)
    param = dotted(error["loc"])
    if wanted(error) and param:
        alternatives = [wanted(one) for one in errors if one["loc"] == error["loc"]]
        expected = " or ".join(dict.fromkeys(filter(None, alternatives)))
        text = f"Invalid type for '{param}': expected {expected}, but got {name_type(error['input'])} instead."
    else:
        text = message(error, param)
    return InvalidRequest(text, param=param or None, code=code(error))


def understood(error: ErrorDetails) -> tuple[bool, int, list[int]]:
    """How far a body was understood before an error: to a value of the right type, so deep, so far in its lists."""
    location = error["loc"]
    return not wanted(error), len(location), [part for part in location if isinstance(part, int)]


def wanted(error: ErrorDetails) -> str:
    """What was expected where the error is that a value has the wrong type; nothing where it is another."""
    if error["type"] == "literal_error" and not isinstance(error["input"], str):
        return f"one of {error['ctx']['expected']}"
    return TYPES.get(error["type"], "")


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
        return (
            f"Invalid '{param}': {words}. Expected a value {sign} {context[bound]}, but got {shown(given)} instead."
        )
    if kind == "too_long" and isinstance(given, dict):
        most = context["max_length"]
        return f"Invalid '{param}': too many properties. Expected at most {most}, but got {len(given)} instead."
    if kind in LENGTHS:
        words, sign, bound, _ = LENGTHS[kind]
        wanted = f"{sign} {context[bound]}"
        return f"Invalid '{param}': {words}. Expected a length of {wanted}, but got {len(given)} instead."
    if kind == "literal_error":
        return f"Invalid value for '{param}': {shown(given)}. Supported values are: {context['expected']}."
    if kind == "union_tag_invalid":
        tags = context["expected_tags"]
        return f"Invalid value for '{param}': {shown(context['tag'])}. Supported values are: {tags}."
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
    if wanted(error):
        return "invalid_type"
    words = {
        "missing": "missing_required_parameter",
        "union_tag_not_found": "missing_required_parameter",
        "extra_forbidden": "unknown_parameter",
        "literal_error": "invalid_value",
        "union_tag_invalid": "invalid_value",
        "json_invalid": None,
        "unsupported": "unsupported_parameter",
    }
    return words.get(kind, "invalid_value")


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
