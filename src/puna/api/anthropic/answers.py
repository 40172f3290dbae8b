"""What Anthropic's API answers, as types for `/openapi.json`. Handlers write these shapes themselves."""

from typing import Any, Literal, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

Json = dict[str, Any]
exact = with_config(ConfigDict(extra="forbid"))
StopReason = Literal[
    "end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal", "model_context_window_exceeded"
]


@exact
class ThinkingTokens(TypedDict):
    thinking_tokens: int


@exact
class CacheCreation(TypedDict):
    ephemeral_1h_input_tokens: int
    ephemeral_5m_input_tokens: int


@exact
class Counts(TypedDict):
    input_tokens: int
    cache_creation_input_tokens: int
    cache_read_input_tokens: int
    output_tokens: int
    output_tokens_details: ThinkingTokens
    server_tool_use: None


@exact
class MessageUsage(Counts):
    cache_creation: CacheCreation
    inference_geo: None
    service_tier: Literal["standard"]


@exact
class AnsweredText(TypedDict):
    type: Literal["text"]
    text: str
    citations: None


@exact
class AnsweredThinking(TypedDict):
    type: Literal["thinking"]
    thinking: str
    signature: str


@exact
class AnsweredCall(TypedDict):
    type: Literal["tool_use"]
    id: str
    name: str
    input: Json


AnswerBlock = AnsweredText | AnsweredThinking | AnsweredCall


@exact
class AppliedEdits(TypedDict):
    applied_edits: list[Json]


@exact
class MessageAnswer(TypedDict):
    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: list[AnswerBlock]
    stop_reason: StopReason | None
    stop_sequence: str | None
    stop_details: Json | None
    container: None
    usage: MessageUsage
    context_management: NotRequired[AppliedEdits]


@exact
class MessageStart(TypedDict):
    type: Literal["message_start"]
    message: MessageAnswer


@exact
class BlockStart(TypedDict):
    type: Literal["content_block_start"]
    index: int
    content_block: AnswerBlock


@exact
class BlockTextDelta(TypedDict):
    type: Literal["text_delta"]
    text: str


@exact
class BlockThinkingDelta(TypedDict):
    type: Literal["thinking_delta"]
    thinking: str


@exact
class BlockSignatureDelta(TypedDict):
    type: Literal["signature_delta"]
    signature: str


@exact
class BlockInputDelta(TypedDict):
    type: Literal["input_json_delta"]
    partial_json: str


@exact
class BlockDelta(TypedDict):
    type: Literal["content_block_delta"]
    index: int
    delta: BlockTextDelta | BlockThinkingDelta | BlockSignatureDelta | BlockInputDelta


@exact
class BlockStop(TypedDict):
    type: Literal["content_block_stop"]
    index: int


@exact
class Stopped(TypedDict):
    stop_reason: StopReason
    stop_sequence: str | None
    stop_details: Json | None
    container: None


@exact
class MessageDelta(TypedDict):
    type: Literal["message_delta"]
    delta: Stopped
    usage: Counts
    context_management: NotRequired[AppliedEdits]


@exact
class MessageStop(TypedDict):
    type: Literal["message_stop"]


@exact
class Ping(TypedDict):
    type: Literal["ping"]


MessageEvent = MessageStart | BlockStart | BlockDelta | BlockStop | MessageDelta | MessageStop | Ping


@exact
class CountedPrompt(TypedDict):
    input_tokens: int
    context_management: NotRequired[Json]


@exact
class ModelInfo(TypedDict):
    type: Literal["model"]
    id: str
    display_name: str
    created_at: str
    lifecycle: Literal["active"]
    line: None
    capabilities: Json | None
    max_input_tokens: int | None
    max_tokens: int | None
    deprecated_at: None
    retires_at: None


@exact
class ModelInfos(TypedDict):
    data: list[ModelInfo]
    has_more: bool
    first_id: str | None
    last_id: str | None
