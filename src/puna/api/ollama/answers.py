"""What Ollama's native API answers, as types for `/openapi.json`. Handlers write these shapes themselves.

Durations are in nanoseconds, sizes in bytes.
"""

from typing import Any, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

exact = with_config(ConfigDict(extra="forbid"))


@exact
class Version(TypedDict):
    version: str
    puna: str


@exact
class Details(TypedDict):
    parent_model: str
    format: str
    family: str
    families: list[str]
    parameter_size: str
    quantization_level: str


class Model(TypedDict):
    name: str
    model: str
    modified_at: str
    size: int
    digest: str
    details: Details


@exact
class Models(TypedDict):
    models: list[Model]


class Server(TypedDict):
    """A server that a model is asked from, which runs elsewhere."""

    url: str
    kind: str | None
    up: bool
    active: int
    requests: int
    failures: int
    problem: str | None


class Running(TypedDict):
    name: str
    model: str
    size: int
    digest: str
    details: Details
    expires_at: str
    size_vram: int
    size_resident: int | None
    context_length: int
    loading: bool
    sequences: int
    max_sequences: int | None
    waiting: int
    pieces: int
    servers: NotRequired[list[Server]]


@exact
class RunningModels(TypedDict):
    models: list[Running]


class Answer(TypedDict):
    """What every line has, and what the last one says of the whole."""

    model: str
    created_at: str
    done: bool
    done_reason: NotRequired[str]
    total_duration: NotRequired[int]
    load_duration: NotRequired[int]
    prompt_eval_count: NotRequired[int]
    prompt_eval_duration: NotRequired[int]
    eval_count: NotRequired[int]
    eval_duration: NotRequired[int]
    drafted_count: NotRequired[int]
    accepted_count: NotRequired[int]
    logprobs: NotRequired[list[dict[str, Any]]]


class Message(TypedDict):
    role: str
    content: str
    thinking: NotRequired[str]
    tool_calls: NotRequired[list[dict[str, Any]]]


@exact
class ChatAnswer(Answer):
    message: Message


@exact
class GenerateAnswer(Answer):
    response: str
    thinking: NotRequired[str]
    context: NotRequired[list[int]]
    image: NotRequired[str]
    completed: NotRequired[int]
    total: NotRequired[int]


@exact
class Embedded(TypedDict):
    model: str
    embeddings: list[list[float]]
    total_duration: int
    load_duration: int
    prompt_eval_count: int


@exact
class OlderEmbedded(TypedDict):
    embedding: list[float]


class Shown(TypedDict):
    license: str
    modelfile: str
    parameters: str
    template: str
    system: str
    details: Details
    messages: list[dict[str, Any]]
    model_info: dict[str, Any]
    capabilities: list[str]
    modified_at: str


@exact
class Progress(TypedDict):
    """A step that was taken, or how much of a file has come."""

    status: str
    digest: NotRequired[str]
    total: NotRequired[int]
    completed: NotRequired[int]
