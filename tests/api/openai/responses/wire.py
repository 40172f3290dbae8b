"""What goes over the wire, checked against the `openai` package's types and, where a copy of it is at hand, against
OpenAI's published OpenAPI description: `PUNA_OPENAI_OPENAPI` names its JSON file.
"""

import os
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import orjson
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from tests.scripted import ScriptedServer
from tests.server import RunningServer

PUBLISHED_ONLY = {"ResponseFunctionCallArgumentsDoneEvent": {".name"}}
"""Fields that the published description requires and the package does not declare."""
SENT: dict[str, set[str]] = {
    "ResponseCustomToolCall": {"status"},
    "Response": {"frequency_penalty", "presence_penalty", "store"},
}
"""Fields that neither declares and OpenAI's servers send."""

REQUIRED = {
    "background": bool,
    "completed_at": int | None,
    "created_at": int,
    "error": dict[str, str] | None,
    "frequency_penalty": float,
    "id": str,
    "incomplete_details": dict[str, str] | None,
    "instructions": str | None,
    "max_output_tokens": int | None,
    "max_tool_calls": int | None,
    "metadata": dict[str, str],
    "model": str,
    "object": str,
    "output": list[dict[str, Any]],
    "parallel_tool_calls": bool,
    "presence_penalty": float,
    "previous_response_id": str | None,
    "prompt_cache_key": str | None,
    "reasoning": dict[str, Any] | None,
    "safety_identifier": str | None,
    "service_tier": str,
    "status": str,
    "store": bool,
    "temperature": float,
    "text": dict[str, Any],
    "tool_choice": str | dict[str, Any],
    "tools": list[dict[str, Any]],
    "top_logprobs": int,
    "top_p": float,
    "truncation": str,
    "usage": dict[str, Any] | None,
}
"""What the Open Responses specification (2026-04-24) requires of every response, and OpenAI's own description of some
of it."""


def check(kind: Any, data: Any, schema: str | None = None) -> Any:
    """The object, after it has passed as that type with no field too many and no value that had to be converted."""
    parsed = adapter(kind).validate_json(orjson.dumps(data), strict=True)
    extra = set(unknown_fields(parsed)) - PUBLISHED_ONLY.get(getattr(kind, "__name__", ""), set())
    assert not extra, (extra, data)
    if schema:
        check_published(data, schema)
    return parsed


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def check_response(data: Any) -> Response:
    parsed = check(Response, data, "Response")
    assert isinstance(parsed, Response)
    check_required(data)
    return parsed


def check_required(response: dict[str, Any]) -> None:
    """Everything that has to be there is there, and of its type."""
    for name, kind in REQUIRED.items():
        assert name in response, name
        adapter(kind).validate_python(response[name], strict=True)


def check_events(events: Sequence[dict[str, Any]]) -> None:
    """Every event of one stream: of its type, in order, with numbers without gaps and items in their places."""
    items: dict[int, str] = {}
    done: list[dict[str, Any]] = []
    for number, event in zip(count(events[0]["sequence_number"]), events, strict=False):
        check(event_kinds()[event["type"]], event)
        if published():
            check_published(event, event_schema(event["type"]))
        if "response" in event:
            check_required(event["response"])
        assert event["sequence_number"] == number
        if events[0]["sequence_number"] > 0:
            continue  # the items began before
        kind = event["type"]
        if kind == "response.output_item.added":
            assert event["output_index"] == len(items), "items are numbered as they come"
            items[event["output_index"]] = event["item"]["id"]
        elif kind == "response.output_item.done":
            assert items[event["output_index"]] == event["item"]["id"]
            done.append(event["item"])
        elif "item_id" in event:
            assert items[event["output_index"]] == event["item_id"]
            assert event["output_index"] == len(items) - 1, "an item is closed before the next one begins"
    if events[0]["sequence_number"] == 0:
        assert events[0]["type"] == "response.created"
        assert events[-1]["response"]["output"] == done


def text_of(events: Iterable[dict[str, Any]], kind: str) -> str:
    """The deltas of that kind, put together."""
    return "".join(event["delta"] for event in events if event["type"] == f"response.{kind}.delta")


def unknown_fields(value: Any, place: str = "") -> Iterable[str]:
    """Fields that the type does not have."""
    if isinstance(value, BaseModel):
        known = SENT.get(type(value).__name__, set())
        yield from (f"{place}.{name}" for name in value.model_extra or () if name not in known)
        for name in type(value).model_fields:
            yield from unknown_fields(getattr(value, name), f"{place}.{name}")
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from unknown_fields(element, f"{place}[{index}]")


def check_published(data: Any, schema: str) -> None:
    """Against the published description, where there is one."""
    if published():
        given = without_null_usage(data)
        problems = [f"{error.instance_path}: {error.message}"[:500] for error in validator(schema).iter_errors(given)]
        assert not problems, (schema, problems)


def without_null_usage(data: Any) -> Any:
    """What is there before a response has a `usage`: null, as OpenAI's servers send it and Open Responses wants it,
    though OpenAI's description does not let it be null."""
    if isinstance(data, dict):
        inner = {name: without_null_usage(value) for name, value in data.items() if name in ("response", "usage")}
        return {name: value for name, value in {**data, **inner}.items() if (name, value) != ("usage", None)}
    return data


@cache
def published() -> Any:
    path = os.environ.get("PUNA_OPENAI_OPENAPI")
    return orjson.loads(Path(path).read_bytes())["components"]["schemas"] if path else None


@cache
def validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    reference = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": published()}}
    return jsonschema_rs.Draft202012Validator(reference)


@cache
def event_kinds() -> dict[str, type[BaseModel]]:
    """The class of each type of event."""
    classes = get_args(get_args(ResponseStreamEvent)[0])
    return {get_args(cls.model_fields["type"].annotation)[0]: cls for cls in classes}


@cache
def event_schema(kind: str) -> str:
    """The published schema of a type of event."""
    schemas = published()
    names = [option["$ref"].rpartition("/")[2] for option in schemas["ResponseStreamEvent"]["anyOf"]]
    return next(str(name) for name in names if kind in schemas[name]["properties"]["type"]["enum"])


WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "description": "The weather in a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "enum": ["Rome", "Oslo"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
PLAIN: Any = {"effort": "none"}
"""Without thoughts, so that a few tokens are text."""


def post(server: RunningServer | ScriptedServer, **body: Any) -> Any:
    """The JSON of a response, not yet read by any client."""
    with server.http() as http:
        answer = http.post("/v1/responses", json={"model": "tiny", "reasoning": PLAIN, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def stream(server: RunningServer | ScriptedServer, path: str = "/v1/responses", **body: Any) -> list[dict[str, Any]]:
    """The events of a stream, not yet read by any client, checked."""
    with server.http() as http:
        method = "POST" if body else "GET"
        answer = http.request(
            method, path, json={"model": "tiny", "stream": True, "reasoning": PLAIN, **body} if body else None
        )
    assert answer.status_code == 200, answer.text
    blocks = [block.split("\n") for block in answer.text.split("\n\n") if block and not block.startswith(":")]
    events = [orjson.loads(data.removeprefix("data: ")) for _, data in blocks]
    assert [event["type"] for event in events] == [name.removeprefix("event: ") for name, _ in blocks]
    check_events(events)
    return events
