"""What OpenAI's API answers, as types for `/openapi.json`. Handlers write these shapes themselves."""

from typing import Any, Literal, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

Json = dict[str, Any]
exact = with_config(ConfigDict(extra="forbid"))
with_more = with_config(ConfigDict(extra="allow"))
Reason = Literal["stop", "length", "tool_calls", "function_call", "content_filter"]


@exact
class CachedTokens(TypedDict):
    cached_tokens: int


@exact
class InputTokens(TypedDict):
    cached_tokens: int
    cache_write_tokens: int


@exact
class OutputTokens(TypedDict):
    reasoning_tokens: int


@exact
class CompletionTokens(TypedDict):
    reasoning_tokens: int
    accepted_prediction_tokens: int
    rejected_prediction_tokens: int


@exact
class Usage(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: CachedTokens
    completion_tokens_details: CompletionTokens


@exact
class ResponseUsage(TypedDict):
    input_tokens: int
    input_tokens_details: InputTokens
    output_tokens: int
    output_tokens_details: OutputTokens
    total_tokens: int


@exact
class Logprob(TypedDict):
    token: str
    logprob: float
    bytes: list[int] | None


@exact
class TokenLogprob(Logprob):
    top_logprobs: list[Logprob]


@exact
class ChatLogprobs(TypedDict):
    content: list[TokenLogprob] | None
    refusal: list[TokenLogprob] | None


@exact
class CalledFunction(TypedDict):
    name: str
    arguments: str


@exact
class CalledTool(TypedDict):
    """`index` is a chunk's; a chunk that goes on with a call has no more than its new text."""

    index: NotRequired[int]
    id: NotRequired[str]
    type: NotRequired[Literal["function", "custom"]]
    function: NotRequired[Json]
    custom: NotRequired[Json]


@exact
class ChatMessage(TypedDict):
    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    reasoning: NotRequired[str]
    reasoning_content: NotRequired[str]
    tool_calls: NotRequired[list[CalledTool]]
    function_call: NotRequired[CalledFunction]


@exact
class ChatDelta(TypedDict):
    role: NotRequired[Literal["assistant"]]
    content: NotRequired[str | None]
    refusal: NotRequired[str | None]
    reasoning: NotRequired[str]
    reasoning_content: NotRequired[str]
    tool_calls: NotRequired[list[CalledTool]]
    function_call: NotRequired[Json]


@exact
class ChatChoice(TypedDict):
    index: int
    message: ChatMessage
    logprobs: ChatLogprobs | None
    finish_reason: Reason


@exact
class ChunkChoice(TypedDict):
    index: int
    delta: ChatDelta
    logprobs: ChatLogprobs | None
    finish_reason: Reason | None


@exact
class ChatCompletion(TypedDict):
    id: str
    created: int
    model: str
    system_fingerprint: str
    object: Literal["chat.completion"]
    choices: list[ChatChoice]
    usage: Usage


@exact
class ChatCompletionChunk(TypedDict):
    id: str
    created: int
    model: str
    system_fingerprint: str
    object: Literal["chat.completion.chunk"]
    choices: list[ChunkChoice]
    usage: NotRequired[Usage | None]


@exact
class CompletionLogprobs(TypedDict):
    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None] | None
    text_offset: list[int]


@exact
class CompletionChoice(TypedDict):
    index: int
    text: str
    logprobs: CompletionLogprobs | None
    finish_reason: Literal["stop", "length"] | None


@exact
class Completion(TypedDict):
    """A whole answer, or one chunk of a stream."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[CompletionChoice]
    usage: NotRequired[Usage | None]


@exact
class Embedding(TypedDict):
    """`embedding` is base64 of 32-bit floats where that was asked for."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


@exact
class EmbeddingUsage(TypedDict):
    prompt_tokens: int
    total_tokens: int


@exact
class Embeddings(TypedDict):
    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage


@exact
class ImageTokens(TypedDict):
    text_tokens: int
    image_tokens: int


@exact
class ImageUsage(TypedDict):
    """`output_tokens` are the places of the pictures where the model draws."""

    input_tokens: int
    input_tokens_details: ImageTokens
    output_tokens: int
    output_tokens_details: ImageTokens
    total_tokens: int


@exact
class Image(TypedDict):
    """`b64_json` is a file in base64; `seed` makes the same picture again."""

    b64_json: str
    seed: int


class _ImageFrame(TypedDict):
    background: Literal["opaque"]
    output_format: Literal["png", "jpeg", "webp"]
    quality: Literal["low", "medium", "high", "xhigh", "max"]
    size: str


@exact
class Images(_ImageFrame):
    created: int
    data: list[Image]
    usage: ImageUsage


@exact
class PartialImage(_ImageFrame):
    type: Literal["image_generation.partial_image"]
    b64_json: str
    created_at: int
    partial_image_index: int


@exact
class CompletedImage(_ImageFrame):
    type: Literal["image_generation.completed"]
    b64_json: str
    created_at: int
    seed: int
    usage: ImageUsage


ImageEvent = PartialImage | CompletedImage


@exact
class Model(TypedDict):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str


@exact
class Models(TypedDict):
    object: Literal["list"]
    data: list[Model]


@with_more
class Response(TypedDict):
    """The items of `output` are those that may be sent back as `input`."""

    id: str
    object: Literal["response"]
    created_at: float
    completed_at: float | None
    status: Literal["completed", "failed", "in_progress", "cancelled", "queued", "incomplete"]
    background: bool
    model: str
    output: list[Json]
    error: Json | None
    incomplete_details: Json | None
    instructions: str | list[Json] | None
    previous_response_id: str | None
    conversation: Json | None
    metadata: dict[str, str] | None
    max_output_tokens: int | None
    max_tool_calls: int | None
    parallel_tool_calls: bool
    temperature: float | None
    top_p: float | None
    top_logprobs: int | None
    reasoning: Json | None
    text: Json
    tool_choice: str | Json
    tools: list[Json]
    truncation: Literal["auto", "disabled"] | None
    service_tier: str | None
    usage: ResponseUsage | None


@with_more
class ResponseEvent(TypedDict):
    """What else an event has depends on its type."""

    type: str
    sequence_number: int


@exact
class CountedTokens(TypedDict):
    object: Literal["response.input_tokens"]
    input_tokens: int


@exact
class Compaction(TypedDict):
    id: str
    object: Literal["response.compaction"]
    created_at: float
    output: list[Json]
    usage: ResponseUsage


@exact
class Conversation(TypedDict):
    id: str
    object: Literal["conversation"]
    created_at: float
    metadata: dict[str, str] | None


@exact
class Conversations(TypedDict):
    object: Literal["list"]
    data: list[Conversation]
    first_id: str
    last_id: str
    has_more: bool


@exact
class Deleted(TypedDict):
    id: str
    object: Literal["response", "conversation.deleted"]
    deleted: Literal[True]


@with_more
class Item(TypedDict):
    """What else an item has depends on its type."""

    id: str
    type: str


@exact
class Items(TypedDict):
    object: Literal["list"]
    data: list[Item]
    first_id: str | None
    last_id: str | None
    has_more: bool
