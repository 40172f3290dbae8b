"""The OpenAPI description of what a server answers, made of the types of its bodies and answers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, TypeAdapter

from puna.http.body import Body

Schema = dict[str, Any]
PREFIX = "#/components/schemas/{model}"
PARAMETER = re.compile(r"\{(\w+)(?::path)?\}")
GROUPS = {"/v1/messages": "Anthropic", "/v1/": "OpenAI", "/api/": "Ollama", "/": "Server"}
"""What operations belong to, by how their paths begin."""
STATUSES = {
    400: "The request is invalid.",
    401: "The API key is missing or wrong.",
    403: "The host, the origin or the API key is not allowed to do this.",
    404: "Not found.",
    413: "The body is too large.",
    429: "The rate limit of the API key is reached.",
    500: "Something failed in the server.",
    501: "What it needs is not installed.",
    503: "The server is busy.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for. `answer` is the type of what comes back, or the media type of what is no JSON;
    `stream` is the media type of the answer as a stream, where it may be one, and `piece` the type of its parts;
    `query` are schemas of what may stand in the address; `content` is the type of a body that is no JSON;
    `headers` are schemas of those that say which of several operations of one path is meant, and `error` is the
    schema of its errors where its path does not say it."""

    method: str
    path: str
    summary: str
    body: type[Body] | None = None
    example: Mapping[str, Any] | None = None
    answer: Any = None
    stream: str | None = None
    piece: Any = None
    status: int = 200
    query: Mapping[str, Schema] = field(default_factory=dict)
    content: str | None = None
    headers: Mapping[str, Schema] = field(default_factory=dict)
    error: Schema | None = None

    @property
    def group(self) -> str:
        """The name of what it belongs to, for whoever shows the description."""
        return next(name for beginning, name in GROUPS.items() if self.path.startswith(beginning))


def describe(
    title: str,
    version: str,
    operations: Sequence[Operation],
    errors: Mapping[str, Schema],
    also: Iterable[type[BaseModel]] = (),
) -> Schema:
    """The description. `errors` are schemas of errors by how paths begin, `also` types that no body refers to."""
    types = [kind for one in operations for kind in (one.body, one.answer, one.piece)]
    kinds = dict.fromkeys(kind for kind in (*types, *also) if kind and not isinstance(kind, str))
    references, definitions = TypeAdapter.json_schemas(
        [(kind, "validation", TypeAdapter(kind)) for kind in kinds], ref_template=PREFIX
    )
    schemas = {kind: references[(kind, "validation")] for kind in kinds}
    paths: dict[str, Schema] = {}
    for operation in operations:
        error = next(schema for beginning, schema in errors.items() if operation.path.startswith(beginning))
        made = written(operation, schemas, operation.error or error)
        here = paths.setdefault(PARAMETER.sub(r"{\1}", operation.path), {})
        method = operation.method.lower()
        here[method] = either(here[method], made) if method in here else made
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"key": []}],
    }


def written(operation: Operation, schemas: Mapping[Any, Schema], error: Schema) -> Schema:
    """One operation as OpenAPI has it. OpenAPI 3.1 has no word for a stream's parts: `x-event` refers to them."""
    answers: dict[str, Schema] = {}
    if isinstance(operation.answer, str):
        answers[operation.answer] = {"schema": {"type": "string"}}
    elif operation.answer:
        answers["application/json"] = {"schema": schemas[operation.answer]}
    if operation.stream:
        answers[operation.stream] = {"schema": {"type": "string"}, "x-event": schemas[operation.piece]}
    refused = {"application/json": {"schema": error}}
    found: Schema = {
        "summary": operation.summary,
        "tags": [operation.group],
        "operationId": f"{operation.method.lower()}{re.sub(r'[^a-zA-Z0-9]+', '_', operation.path).rstrip('_')}",
        "parameters": parameters(operation),
        "responses": {
            str(operation.status): {"description": "The answer.", **({"content": answers} if answers else {})},
            **{str(status): {"description": words, "content": refused} for status, words in STATUSES.items()},
        },
    }
    if operation.body:
        content: Schema = {"schema": schemas[operation.body]}
        if operation.example is not None:
            content["examples"] = {"example": {"value": dict(operation.example)}}
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    elif operation.content:
        found["requestBody"] = {"required": True, "content": {operation.content: {"schema": {}}}}
    return found


def either(one: Schema, other: Schema) -> Schema:
    """Two operations of one path and method: what comes back is of one kind or of the other."""
    names = {parameter["name"] for parameter in one["parameters"]}
    more = [parameter for parameter in other["parameters"] if parameter["name"] not in names]
    answers = {
        status: {**answer, "content": both(answer["content"], other["responses"][status]["content"])}
        for status, answer in one["responses"].items()
    }
    summary = f"{one['summary']} {other['summary']}"
    return {**one, "summary": summary, "parameters": [*one["parameters"], *more], "responses": answers}


def both(one: Schema, other: Schema) -> Schema:
    """The content of either of two answers, which are of the same media types."""
    return {kind: {"schema": {"anyOf": [one[kind]["schema"], other[kind]["schema"]]}} for kind in one}


def parameters(operation: Operation) -> list[Schema]:
    """What stands in an operation's address."""
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in PARAMETER.findall(operation.path)
    ]
    in_query = [{"name": name, "in": "query", "schema": schema} for name, schema in operation.query.items()]
    in_header = [{"name": name, "in": "header", "schema": schema} for name, schema in operation.headers.items()]
    return [*in_path, *in_query, *in_header]
